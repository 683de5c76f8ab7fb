/** Fails unless two values have the same JSON; `undefined` counts as a value. */
export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [is, should] = [show(actual), show(expected)];
  if (is !== should) throw new Error(`${what}: expected ${shorten(should)}, got ${shorten(is)}`);
}

/** Fails unless the object has all of these properties, with these values. */
export function has(actual: object, expected: object, what = 'object'): void {
  for (const [name, value] of Object.entries(expected)) {
    equal((actual as Record<string, unknown>)[name], value, `${what}.${name} of ${show(actual)}`);
  }
}

export function ok(value: unknown, what: string): asserts value {
  if (!value) throw new Error(what);
}

/** Waits until what is looked at is as expected: what goes on in the background is done soon, on a busy machine too. */
export async function eventually(
  look: () => unknown,
  expected: unknown,
  what = 'value',
  milliseconds = 10_000,
): Promise<void> {
  const giveUp = performance.now() + milliseconds;
  for (;;) {
    const actual = await look();
    if (show(actual) === show(expected)) return;
    if (performance.now() > giveUp) equal(actual, expected, `${what}, even after ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => inner ?? String(inner)) ?? String(value);

const shorten = (text: string): string =>
  text.length > 500 ? `${text.slice(0, 500)}... (${text.length} characters)` : text;
