/**
 * Makes a background task that runs one at a time: asked for while it runs, it runs once more afterwards, however
 * often it was asked. It never throws, and goes on being usable when one run fails.
 */
export function coalesce(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;

  async function run(): Promise<void> {
    while (again) {
      again = false;
      try {
        await task();
      } catch {
        // Nobody waits for it, and the next run tries anew.
      }
    }
    running = undefined;
  }

  return () => {
    again = true;
    running ??= run();
    return running;
  };
}
