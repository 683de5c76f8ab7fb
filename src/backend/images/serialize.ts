/** Runs works of the same name one after the other, those of different names side by side. */
export function createSerializer() {
  const last = new Map<string, Promise<unknown>>();

  return async function serialize<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = last.get(name);
    const running = before ? before.then(work, work) : work();
    last.set(name, running);
    try {
      return await running;
    } finally {
      if (last.get(name) === running) last.delete(name);
    }
  };
}
