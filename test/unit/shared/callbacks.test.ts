import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { guardLogger, tell } from '../../../src/shared/callbacks.js';
import { quietLogger } from '../../support/backend.js';

const failure = new Error('it failed');

/** Promises of other libraries are no more than this. */
const foreignPromise = { ['then' as string]: (_: unknown, failed: (error: Error) => void) => failed(failure) };

const waysToFail: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw failure;
    },
  ],
  ['rejects', () => Promise.reject(failure)],
  ['rejects later', async () => Promise.resolve().then(() => Promise.reject(failure))],
  ['gives a promise of its own kind', () => Object.assign({}, foreignPromise)],
  ['gives a promise of another realm', () => runInNewContext('Promise.reject(failure)', { failure })],
];

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('telling somebody who', () => {
  test.each(waysToFail)('%s ends there, and is told on', async (_, callback) => {
    const failures: unknown[] = [];
    tell(callback, (error) => failures.push(error));
    await settled();
    expect(failures).toEqual([failure]);
  });

  test.each(waysToFail)('%s, and then nobody, ends there', async (_, callback) => {
    tell(callback);
    tell(callback, () => {
      throw new Error('so did this');
    });
    await settled();
  });

  test('listens is all there is to it', async () => {
    const failures: unknown[] = [];
    for (const result of [undefined, null, 7, 'then', Promise.resolve()]) {
      tell(
        () => result,
        (error) => failures.push(error),
      );
    }
    await settled();
    expect(failures).toEqual([]);
  });
});

describe('a guarded logger', () => {
  test('hands lines on, to methods that are called as such', () => {
    class Log {
      lines: string[] = [];
      info(line: string) {
        this.lines.push(line);
      }
      warn = this.info;
      error = this.info;
    }
    const log = new Log();
    const guarded = guardLogger(log, quietLogger());
    for (const level of ['info', 'warn', 'error'] as const) guarded[level](level);
    expect(log.lines).toEqual(['info', 'warn', 'error']);
  });

  test.each(waysToFail)('gives the fallback what one that %s did not take', async (_, fail) => {
    const fallback = quietLogger();
    const guarded = guardLogger({ info: fail, warn: fail, error: fail }, fallback);
    guarded.warn('careful');
    await settled();
    expect(fallback.lines).toEqual(['careful']);
    guardLogger({ info: fail, warn: fail, error: fail }, { info: fail, warn: fail, error: fail }).error('nobody hears');
    await settled();
  });
});
