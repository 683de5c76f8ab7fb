'use client';
import { clearImageCache } from 'pixstore/frontend';
import { logOut } from './actions';

export function LogOut() {
  async function leave() {
    await logOut();
    await clearImageCache(); // in all tabs; those that stand open show no picture from now on
  }
  return (
    <form action={leave}>
      <button type="submit">Log out</button>
    </form>
  );
}
