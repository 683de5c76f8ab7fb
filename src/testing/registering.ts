/** Registers tests that each get something opened of their own, and get rid of it whatever happens. */
export function testsWith<Opened extends { destroy(): Promise<void> }>(
  test: (name: string, run: () => Promise<void>) => void,
  open: () => Promise<Opened>,
  close: (opened: Opened) => Promise<void> | undefined,
): (name: string, run: (opened: Opened) => Promise<void>) => void {
  return (name, run) =>
    test(name, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await close(opened);
        await opened.destroy();
      }
    });
}
