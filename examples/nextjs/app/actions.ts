'use server';
import { cookies } from 'next/headers';

export async function logIn(form: FormData) {
  const store = await cookies();
  store.set('user', String(form.get('user')), { httpOnly: true, sameSite: 'lax' }); // other sites cannot send forms
}

export async function logOut() {
  (await cookies()).delete('user');
}
