import { types } from 'node:util';
import { kindOf } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { keyLength } from '../../shared/protocol/layout.js';
import { within } from '../within.js';
import type { KeyWrapper, WrappingContext } from './key-wrapper.js';

/** How long one answer of a wrapper is waited for, in ms. */
export const wrapperTimeout = 30_000;

// What a KMS gives for 32 bytes has some hundred; anything this long is no wrapped key.
const longestWrapped = 16 * 1024;

/**
 * Has a key wrapped, and unwrapped again at once: a wrapper that answers wrongly must not become the only way to a key.
 *
 * @param timeout - in ms, for each of the two calls
 * @throws PixstoreError `KEY_WRAPPER_FAILED` or `KEY_WRAPPER_TIMEOUT`; or what the wrapper threw, if it is one
 */
export function wrapKey(
  wrapper: KeyWrapper,
  key: Uint8Array,
  context: WrappingContext,
  timeout = wrapperTimeout,
): MaybePromise<Uint8Array> {
  return andThen(ask(wrapper, 'wrap', key, context, timeout), (answer) => {
    const wrapped = readWrapped(wrapper, answer, key);
    return andThen(unwrapKey(wrapper, wrapped, context, timeout), (unwrapped) => {
      if (Buffer.compare(unwrapped, key) === 0) return wrapped;
      throw wrongAnswer(wrapper, 'wrap', 'what it wrapped unwraps to another key');
    });
  });
}

/**
 * @param wrapped - what `wrapKey` gave
 * @param timeout - in ms
 * @throws PixstoreError `KEY_WRAPPER_FAILED` or `KEY_WRAPPER_TIMEOUT`; or what the wrapper threw, if it is one
 */
export function unwrapKey(
  wrapper: KeyWrapper,
  wrapped: Uint8Array,
  context: WrappingContext,
  timeout = wrapperTimeout,
): MaybePromise<Uint8Array> {
  return andThen(ask(wrapper, 'unwrap', wrapped, context, timeout), (answer) => {
    const key = copyOfBytes(wrapper, 'unwrap', answer);
    if (key.length === keyLength) return key;
    throw wrongAnswer(wrapper, 'unwrap', `it answered with ${key.length} bytes instead of ${keyLength}`);
  });
}

type Call = 'wrap' | 'unwrap';

/** The wrapper gets copies: what it does to them, or keeps of them, is not ours. Its answer may be anything. */
function ask(
  wrapper: KeyWrapper,
  call: Call,
  bytes: Uint8Array,
  context: WrappingContext,
  timeout: number,
): MaybePromise<unknown> {
  return recover<unknown>(
    () => within(wrapper[call](Uint8Array.from(bytes), { ...context }), timeout, () => late(wrapper, call, timeout)),
    (cause) => {
      // Ours says better what is wrong: a time that is over, or a row that a master key does not open.
      if (cause instanceof PixstoreError) throw cause;
      throw new PixstoreError(
        'KEY_WRAPPER_FAILED',
        `The key wrapper "${wrapper.id}" failed when it was asked to ${call} a key; its own error is the cause of this one. Images are untouched. Check that its KMS can be reached and that this process may ${call} with that key, and try again.`,
        { cause },
      );
    },
  );
}

function readWrapped(wrapper: KeyWrapper, answer: unknown, key: Uint8Array): Uint8Array {
  const wrapped = copyOfBytes(wrapper, 'wrap', answer);
  if (wrapped.length === 0 || wrapped.length > longestWrapped) {
    const problem = `it answered with ${wrapped.length} bytes instead of 1 to ${longestWrapped}`;
    throw wrongAnswer(wrapper, 'wrap', problem);
  }
  const searched = Buffer.from(wrapped);
  if (formsOf(key).some((form) => searched.includes(form))) {
    throw wrongAnswer(wrapper, 'wrap', 'it answered with the key in the clear');
  }
  return wrapped;
}

/** How a key looks where nothing was encrypted: itself, or a text of it. */
function formsOf(key: Uint8Array): Buffer[] {
  const bytes = Buffer.from(key);
  const texts = (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding));
  return [bytes, ...texts.map((text) => Buffer.from(text.replace('=', '')))];
}

function copyOfBytes(wrapper: KeyWrapper, call: Call, answer: unknown): Uint8Array {
  if (types.isUint8Array(answer)) return Uint8Array.from(answer);
  throw wrongAnswer(wrapper, call, `it answered with ${kindOf(answer)} instead of bytes (a Uint8Array)`);
}

function wrongAnswer(wrapper: KeyWrapper, call: Call, problem: string): PixstoreError {
  return new PixstoreError(
    'KEY_WRAPPER_FAILED',
    `The key wrapper "${wrapper.id}" was asked to ${call} a key and did it wrongly: ${problem}. Images are untouched. Correct the wrapper (keyWrapperSuite of pixstore/testing checks it), and try again.`,
  );
}

function late(wrapper: KeyWrapper, call: Call, timeout: number): PixstoreError {
  return new PixstoreError(
    'KEY_WRAPPER_TIMEOUT',
    `The key wrapper "${wrapper.id}" was asked to ${call} a key and did not answer in ${timeout / 1000} s. Images are untouched. Check that its KMS can be reached, and try again.`,
  );
}
