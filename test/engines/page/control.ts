import type { Control } from '../server/control.js';

/** The world outside the page: the backend, the network and the browser's tabs. */
export type RemoteControl = Control & { report(problem: string | null): Promise<void> };

export const control = new Proxy({} as RemoteControl, {
  get:
    (_target, name) =>
    (...args: unknown[]) =>
      call(String(name), args),
});

async function call(name: string, args: unknown[]): Promise<unknown> {
  const response = await fetch(`/control/${name}`, { method: 'POST', body: JSON.stringify(args) });
  if (!response.ok) throw new Error(`control.${name}: ${await response.text()}`);
  return response.json();
}
