const users = ['ann', 'ben'];

/** Who asks; undefined for nobody. Your login goes here, such as Auth.js: this cookie is believed as it is. */
export function userOf(cookies: { get(name: string): { value: string } | undefined }): string | undefined {
  const name = cookies.get('user')?.value;
  return users.find((user) => user === name);
}
