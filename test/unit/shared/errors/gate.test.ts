import { describe, expect, onTestFinished, test } from 'vitest';
import { createErrorGate } from '../../../../src/shared/errors/gate.js';
import { getLastPixstoreError, PixstoreError, setCustomErrorHandler } from '../../../../src/shared/index.js';
import type { ErrorHandlingMode } from '../../../../src/types/index.js';
import { quietLogger } from '../../../support/backend.js';

function outcomes(mode: ErrorHandlingMode) {
  const logger = quietLogger();
  const gate = createErrorGate(mode, logger);
  const ours = new PixstoreError('IMAGE_EMPTY', 'The image has 0 bytes.');
  const others = new TypeError('cannot read /home/someone/secret/place.png');
  async function outcome(error: Error) {
    const settle = (run: () => unknown) => {
      try {
        return run();
      } catch (thrown) {
        return thrown === error ? 'thrown' : 'something else was thrown';
      }
    };
    const now = settle(() =>
      gate.run(() => {
        throw error;
      }),
    );
    const later = await gate
      .runAsync(async () => {
        throw error;
      })
      .catch((thrown) => (thrown === error ? 'thrown' : 'something else was thrown'));
    expect(later, 'synchronous and asynchronous functions differ').toEqual(now);
    return now;
  }
  return { logger, ours, others, outcome };
}

describe('error modes', () => {
  test.each([
    ['hybrid', null, 'thrown', 2],
    ['throw', 'thrown', 'thrown', 0],
    ['warn', null, null, 4],
    ['silent', null, null, 0],
    ['custom', 'thrown', 'thrown', 0], // no handler is set
  ] as const)(
    '%s: PixstoreError gives %s, another error %s, %i log lines',
    async (mode, oursGives, othersGives, lines) => {
      const { logger, ours, others, outcome } = outcomes(mode);
      expect(await outcome(ours)).toBe(oursGives);
      expect(getLastPixstoreError()).toBe(ours);
      expect(await outcome(others)).toBe(othersGives);
      expect(getLastPixstoreError(), 'an error of others is not ours').toBe(ours);
      expect(logger.lines).toHaveLength(lines);
    },
  );

  test('custom calls the handler with whatever was thrown and returns null', async () => {
    const seen: unknown[] = [];
    setCustomErrorHandler((error) => seen.push(error));
    onTestFinished(() => setCustomErrorHandler(undefined));
    const { ours, others, outcome } = outcomes('custom');
    expect(await outcome(ours)).toBeNull();
    expect(await outcome(others)).toBeNull();
    expect(seen).toEqual([ours, ours, others, others]);
  });

  test('logs carry code and sentence, and of a path only its last part', async () => {
    const { logger, ours, others, outcome } = outcomes('warn');
    await outcome(ours);
    await outcome(others);
    expect(logger.lines[0]).toBe('[pixstore] IMAGE_EMPTY: The image has 0 bytes.');
    expect(logger.lines[2]).toBe('[pixstore] unexpected TypeError: cannot read place.png');
  });

  test.each([
    ["ENOENT: no such file or directory, open '/srv/my photos/of anna/a.png'", "open 'a.png'"],
    ["EXDEV: cross-device link not permitted, rename '/srv/my own/a' -> '/srv/your own/b'", "rename 'a' -> 'b'"],
    ['cannot open "C:\\Users\\Anna Maria\\a.png"', 'open "a.png"'],
    ["it is '/' and '/srv/x y/'", "it is '' and ''"],
  ])('of a path in quotes, blanks and all, too: %s', async (message, end) => {
    const logger = quietLogger();
    const gate = createErrorGate('warn', logger);
    gate.run(() => {
      throw new Error(message);
    });
    expect(logger.lines[0]).toMatch(/^\[pixstore\] unexpected Error: /);
    expect(logger.lines[0]?.endsWith(end)).toBe(true);
  });

  test('what works is passed through', async () => {
    const gate = createErrorGate('silent', quietLogger());
    expect(gate.run(() => 7)).toBe(7);
    expect(await gate.runAsync(async () => 8)).toBe(8);
  });
});
