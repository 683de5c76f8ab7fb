/** Resolves when the page has nothing better to do, or in half a second. */
export function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    // Safari and workers have no idle callback.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: 500 });
    else setTimeout(resolve, 50);
  });
}
