const patience = 2000;

/**
 * Waits for the browser's storage, but not for ever: resolves with undefined when `giveUp` is called (another tab
 * blocks us) or after 2 seconds (browsers have been seen to never answer). The work itself goes on.
 */
export function patiently<Result>(work: (giveUp: () => void) => Promise<Result>): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(undefined);
    const timer = setTimeout(giveUp, patience);
    work(giveUp)
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}
