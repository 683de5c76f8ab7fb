import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KeyWrapper } from '../../../../src/backend/keys/key-wrapper.js';
import { unwrapKey, wrapKey } from '../../../../src/backend/keys/wrap-key.js';
import { PixstoreError } from '../../../../src/shared/index.js';
import { failure } from '../../../support/errors.js';

const key = Uint8Array.from({ length: 32 }, (_, index) => 200 + index);
const context = { purpose: 'store-key', store: '3f1c' };
const hidden = new Uint8Array(16).fill(7);

/** Turns every byte around, both ways: enough to tell right from wrong. */
const scramble = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xa5);

/** A wrapper that does it right, but for what the test has to say. */
const wrapperWith = (own: Partial<Record<'wrap' | 'unwrap', unknown>> = {}) =>
  ({ id: 'test:key-1', wrap: scramble, unwrap: scramble, ...own }) as KeyWrapper;

const never = new Promise<Uint8Array>(() => {});
const aTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('a key', () => {
  test('is wrapped and unwrapped at once by a wrapper that answers at once', () => {
    expect(wrapKey(wrapperWith(), key, context)).toEqual(scramble(key));
    expect(unwrapKey(wrapperWith(), scramble(key), context)).toEqual(key);
  });

  test('is wrapped and unwrapped by a wrapper that answers later, with promises of whatever library', async () => {
    const later = async (bytes: Uint8Array) => scramble(bytes);
    expect(await wrapKey(wrapperWith({ wrap: later, unwrap: later }), key, context)).toEqual(scramble(key));
    // biome-ignore lint/suspicious/noThenProperty: as promises of other libraries
    const foreign = (bytes: Uint8Array) => ({ then: (next: (bytes: Uint8Array) => void) => next(scramble(bytes)) });
    expect(await wrapKey(wrapperWith({ wrap: foreign, unwrap: foreign }), key, context)).toEqual(scramble(key));
  });

  test('is wrapped by methods that need their object', () => {
    class Wrapper implements KeyWrapper {
      readonly id = 'test:key-2';
      readonly #scramble = scramble;
      wrap(bytes: Uint8Array) {
        return this.#scramble(bytes);
      }
      unwrap(bytes: Uint8Array) {
        return this.#scramble(bytes);
      }
    }
    expect(wrapKey(new Wrapper(), key, context)).toEqual(scramble(key));
  });

  test('is unwrapped for the context that it was wrapped for', () => {
    const seen: unknown[] = [];
    const noting = (bytes: Uint8Array, given: unknown) => {
      seen.push(given);
      return scramble(bytes);
    };
    wrapKey(wrapperWith({ wrap: noting, unwrap: noting }), key, context);
    expect(seen).toEqual([context, context]);
  });

  test('is taken as bytes of another realm, too', () => {
    const foreign = (bytes: Uint8Array) => runInNewContext('Uint8Array.from(bytes)', { bytes: [...scramble(bytes)] });
    expect(wrapKey(wrapperWith({ wrap: foreign, unwrap: foreign }), key, context)).toEqual(scramble(key));
  });

  test('and what it was wrapped to are nothing that the wrapper can change afterwards', () => {
    const held: Uint8Array[] = [];
    const holding = (bytes: Uint8Array, given: Record<string, string>) => {
      const answer = scramble(bytes);
      held.push(bytes, answer);
      given.purpose = 'another';
      return answer;
    };
    const wrapper = wrapperWith({ wrap: holding, unwrap: holding });
    const mine = Uint8Array.from(key);
    const wrapped = wrapKey(wrapper, mine, context) as Uint8Array;
    const unwrapped = unwrapKey(wrapper, wrapped, context);
    for (const bytes of held) bytes.fill(0);
    expect(mine).toEqual(key);
    expect(wrapped).toEqual(scramble(key));
    expect(unwrapped).toEqual(key);
    expect(context.purpose).toBe('store-key');
  });
});

const inTheClear = (text: (bytes: Buffer) => string) => (bytes: Uint8Array) =>
  Buffer.concat([hidden, Buffer.from(text(Buffer.from(bytes)))]);

describe('a wrapper that answers wrongly', () => {
  const wrongly: [string, 'wrap' | 'unwrap', unknown, string][] = [
    ['nothing', 'wrap', undefined, 'undefined instead of bytes'],
    ['text', 'wrap', 'a2V5', 'a string instead of bytes'],
    ['a list', 'wrap', [1, 2], 'a list instead of bytes'],
    ['an ArrayBuffer', 'wrap', new ArrayBuffer(32), 'another object instead of bytes'],
    ['no bytes', 'wrap', new Uint8Array(), '0 bytes instead of 1 to 16384'],
    ['too many bytes', 'wrap', new Uint8Array(16_385), '16385 bytes instead of 1 to 16384'],
    ['nothing', 'unwrap', undefined, 'undefined instead of bytes'],
    ['null', 'unwrap', null, 'null instead of bytes'],
    ['text', 'unwrap', 'a2V5', 'a string instead of bytes'],
    ['a short key', 'unwrap', key.subarray(1), '31 bytes instead of 32'],
    ['a long key', 'unwrap', new Uint8Array(33), '33 bytes instead of 32'],
    ['no bytes', 'unwrap', new Uint8Array(), '0 bytes instead of 32'],
  ];

  test.each(wrongly)(
    'with %s when asked to %s is refused, and what is wrong said',
    async (_, call, answer, problem) => {
      for (const answers of [() => answer, async () => answer]) {
        const { message } = await failure('KEY_WRAPPER_FAILED', () =>
          wrapKey(wrapperWith({ [call]: answers }), key, context),
        );
        expect(message).toContain('The key wrapper "test:key-1"');
        expect(message).toContain(`to ${call} a key`);
        expect(message).toContain(problem);
        expect(message).toContain('Images are untouched');
        expect(message).not.toContain('a2V5');
      }
    },
  );

  test.each([
    ['as it is', (bytes: Uint8Array) => bytes],
    ['among other bytes', (bytes: Uint8Array) => Buffer.concat([hidden, bytes, hidden])],
    ['in hex', inTheClear((bytes) => bytes.toString('hex'))],
    ['in base64', inTheClear((bytes) => bytes.toString('base64'))],
    ['in base64url', inTheClear((bytes) => bytes.toString('base64url'))],
  ])('with the key in the clear, %s, is refused, though it would unwrap it', async (_, wrap) => {
    const { message } = await failure('KEY_WRAPPER_FAILED', () =>
      wrapKey(wrapperWith({ wrap, unwrap: () => key }), key, context),
    );
    expect(message).toContain('in the clear');
  });

  test('never becomes the only way to a key: another key, or a context that it forgot, is noticed at once', async () => {
    const other = () => new Uint8Array(32).fill(9);
    const { message } = await failure('KEY_WRAPPER_FAILED', () =>
      wrapKey(wrapperWith({ unwrap: other }), key, context),
    );
    expect(message).toContain('unwraps to another key');
    const unwrap = () => {
      throw new Error('a key of yesterday');
    };
    await failure('KEY_WRAPPER_FAILED', () => wrapKey(wrapperWith({ unwrap }), key, context));
  });
});

describe('a wrapper that fails', () => {
  const secret = new Error('token s.3cr3t refused');

  test.each(['wrap', 'unwrap'] as const)('when asked to %s is named, its error kept and not repeated', async (call) => {
    const throwing = () => {
      throw secret;
    };
    for (const fails of [throwing, () => Promise.reject(secret)]) {
      const error = await failure('KEY_WRAPPER_FAILED', () => wrapKey(wrapperWith({ [call]: fails }), key, context));
      expect(error.cause).toBe(secret);
      expect(error.message).toContain(`The key wrapper "test:key-1" failed when it was asked to ${call} a key`);
      expect(error.message).toContain('Images are untouched');
      expect(error.message).not.toContain('s.3cr3t');
    }
  });

  test('with an error of pixstore itself is left to say it', async () => {
    const own = new PixstoreError('SEALED_KEY_INVALID', 'A row was changed.');
    const unwrap = () => Promise.reject(own);
    expect(await failure('SEALED_KEY_INVALID', () => unwrapKey(wrapperWith({ unwrap }), key, context))).toBe(own);
  });
});

describe('a wrapper that does not answer', () => {
  test.each(['wrap', 'unwrap'] as const)('is given up when it takes too long to %s', async (call) => {
    const { message } = await failure('KEY_WRAPPER_TIMEOUT', () =>
      wrapKey(wrapperWith({ [call]: () => never }), key, context, 2),
    );
    expect(message).toContain(`The key wrapper "test:key-1" was asked to ${call} a key and did not answer in 0.002 s`);
    expect(message).toContain('Images are untouched');
  });

  test.each([
    ['an answer', (resolve: (bytes: Uint8Array) => void) => resolve(scramble(key))],
    ['nonsense', (resolve: (bytes: Uint8Array) => void) => resolve('late' as unknown as Uint8Array)],
    ['an error', (_: unknown, reject: (error: Error) => void) => reject(new Error('and it failed'))],
  ])('is no longer listened to: %s that comes later is nobody’s, and nothing is asked again', async (_, settle) => {
    let comes = () => {};
    let asked = 0;
    const late = new Promise<Uint8Array>((resolve, reject) => {
      comes = () => settle(resolve, reject);
    });
    const unwrap = (bytes: Uint8Array) => {
      asked += 1;
      return scramble(bytes);
    };
    const wrapper = wrapperWith({ wrap: () => late, unwrap });
    await failure('KEY_WRAPPER_TIMEOUT', () => wrapKey(wrapper, key, context, 1));
    comes();
    await aTurn(); // a rejection that nobody took would fail the test run
    expect(asked).toBe(0);
  });

  test('is waited for half a minute unless told otherwise', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const given = failure('KEY_WRAPPER_TIMEOUT', () => unwrapKey(wrapperWith({ unwrap: () => never }), key, context));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(29_999);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    expect((await given).message).toContain('did not answer in 30 s');
  });
});
