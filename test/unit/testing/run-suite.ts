/** A suite as it registers its checks. */
export type Suite<Opened> = (options: {
  test(name: string, run: () => Promise<void>): void;
  open(): Promise<Opened>;
}) => void;

/** Titles of the checks that fail, of those whose title has this in it. @throws when there is no such check */
export async function failuresOf<Opened>(
  suite: Suite<Opened>,
  open: () => Promise<Opened>,
  title = '',
): Promise<string[]> {
  const checks: [string, () => Promise<void>][] = [];
  suite({ test: (name, run) => void checks.push([name, run]), open });
  const chosen = checks.filter(([name]) => name.includes(title));
  if (chosen.length === 0) throw new Error(`the suite has no check "${title}"`);
  const failed: string[] = [];
  for (const [name, run] of chosen) await run().catch(() => failed.push(name));
  return failed;
}

/** Titles of all checks of a suite. */
export function titlesOf<Opened>(suite: Suite<Opened>): string[] {
  const titles: string[] = [];
  suite({ test: (name) => void titles.push(name), open: () => Promise.reject(new Error('nothing is opened')) });
  return titles;
}

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
