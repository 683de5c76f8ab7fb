import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isKeyWrapper, type KeyWrapper, type WrappingContext } from '../backend/keys/key-wrapper.js';

/** A wrapper under test, and how to get rid of it. */
export interface OpenedKeyWrapper {
  wrapper: KeyWrapper;
  /** A wrapper over another key: what one of the two wrapped is not for the other. */
  other: KeyWrapper;
  /** Makes `wrapper` again, as another process would. */
  reopen(): KeyWrapper | Promise<KeyWrapper>;
  destroy(): Promise<void>;
}

export interface KeyWrapperSuiteOptions {
  /** Registers a test: `test` of Vitest, node:test or others. */
  test(name: string, run: () => Promise<void>): void;
  /** Opens a wrapper; every test gets one of its own. The keys behind it may be the same each time. */
  open(): Promise<OpenedKeyWrapper>;
}

const keyLength = 32;
const longestWrapped = 16 * 1024;
const context: WrappingContext = { purpose: 'key-wrapper-suite', store: 'c1a7' };

/**
 * Checks that a wrapper keeps the contract of `KeyWrapper`, in some hundred calls.
 *
 * That two wraps of a key differ is not asked for: keys are random, so that the same bytes twice tell nobody more than
 * that they are of the same key.
 *
 * @example
 * describe('my wrapper', () => keyWrapperSuite({ test, open: openMyWrapper }));
 */
export function keyWrapperSuite({ test, open }: KeyWrapperSuiteOptions): void {
  const check = (name: string, run: (opened: OpenedKeyWrapper) => Promise<void>) =>
    test(name, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.destroy();
      }
    });

  check('has an id, which names the key: always the same, and not that of another key', async (opened) => {
    const { wrapper, other } = opened;
    assert.ok(isKeyWrapper(wrapper), 'it is no KeyWrapper: an id of 1 to 256 characters, wrap and unwrap');
    const { id } = wrapper;
    await wrapper.wrap(randomBytes(keyLength), context);
    assert.equal(wrapper.id, id);
    assert.equal((await opened.reopen()).id, id);
    assert.notEqual(other.id, id);
  });

  check('gives back what it wrapped, also in another process', async ({ wrapper, reopen }) => {
    const key = randomBytes(keyLength);
    const wrapped = await wrapper.wrap(Uint8Array.from(key), context);
    assertBytes(await wrapper.unwrap(wrapped, context), key);
    assertBytes(await (await reopen()).unwrap(wrapped, context), key);
  });

  check('answers with 1 byte to 16 KiB, in which the key is not to be seen', async ({ wrapper }) => {
    const key = randomBytes(keyLength);
    const wrapped = await wrapper.wrap(Uint8Array.from(key), context);
    assert.ok(wrapped instanceof Uint8Array, 'what it wrapped is not bytes');
    assert.ok(wrapped.length > 0 && wrapped.length <= longestWrapped, `what it wrapped has ${wrapped.length} bytes`);
    for (const form of [key, ...(['hex', 'base64', 'base64url'] as const).map((text) => key.toString(text))]) {
      assert.ok(!Buffer.from(wrapped).includes(form), 'what it wrapped has the key in the clear');
    }
  });

  check('opens with the context that it wrapped with, in whatever order its names are', async ({ wrapper }) => {
    const key = randomBytes(keyLength);
    const wrapped = await wrapper.wrap(Uint8Array.from(key), context);
    const reversed = Object.fromEntries(Object.entries(context).reverse());
    assertBytes(await wrapper.unwrap(wrapped, reversed), key);
  });

  check('refuses another context: another value, a name more or less, or none', async ({ wrapper }) => {
    const wrapped = await wrapper.wrap(randomBytes(keyLength), context);
    const { purpose, store } = context as { purpose: string; store: string };
    const others = [
      { purpose, store: 'c1a8' },
      { purpose: store, store: purpose },
      { purpose, store, folder: 'scans' },
      { purpose },
      {},
    ];
    for (const another of others) {
      await assertRefused(() => wrapper.unwrap(wrapped, another), `the context ${JSON.stringify(another)}`);
    }
  });

  // Text, such as base64, may be written in several ways: what matters is that no other key comes out.
  check('refuses changed bytes, or gives the key that was wrapped; never another', async ({ wrapper }) => {
    const key = randomBytes(keyLength);
    const wrapped = Uint8Array.from(await wrapper.wrap(Uint8Array.from(key), context));
    const changed = Array.from({ length: 24 }, (_, index) => {
      const copy = wrapped.slice();
      const at = Math.round((index / 23) * (copy.length - 1));
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    });
    changed.push(wrapped.slice(0, -1), wrapped.slice(1), Buffer.concat([wrapped, Uint8Array.of(0)]));
    const answers = await Promise.all(changed.map((bytes) => settle(() => wrapper.unwrap(bytes, context))));
    for (const answer of answers) if (answer !== refused) assertBytes(answer, key);
    assert.ok(answers.includes(refused), 'it refused none of them');
  });

  check('refuses what another key wrapped', async ({ wrapper, other }) => {
    const wrapped = await other.wrap(randomBytes(keyLength), context);
    await assertRefused(() => wrapper.unwrap(wrapped, context), 'what another key wrapped');
  });

  check('refuses bytes that nobody wrapped, and none at all', async ({ wrapper }) => {
    for (const length of [0, 1, keyLength, 61, longestWrapped]) {
      await assertRefused(() => wrapper.unwrap(randomBytes(length), context), `${length} bytes that nobody wrapped`);
    }
  });

  check('keeps hold of no bytes that it was given or gave', async ({ wrapper }) => {
    const key = randomBytes(keyLength);
    const given = Uint8Array.from(key);
    const wrapped = await wrapper.wrap(given, context);
    const kept = Uint8Array.from(wrapped);
    given.fill(0);
    assertBytes(wrapped, kept);
    const first = await wrapper.unwrap(wrapped, context);
    wrapped.fill(0);
    assertBytes(first, key);
    first.fill(0);
    assertBytes(await wrapper.unwrap(Uint8Array.from(kept), context), key);
  });

  check('keeps calls at the same time apart', async ({ wrapper }) => {
    const work = Array.from({ length: 20 }, async (_, index) => {
      const key = randomBytes(keyLength);
      const own = { ...context, index: String(index) };
      const wrapped = await wrapper.wrap(Uint8Array.from(key), own);
      assertBytes(await wrapper.unwrap(wrapped, own), key);
    });
    await Promise.all(work);
  });
}

const refused = Symbol('refused');

async function settle(work: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array | typeof refused> {
  try {
    return await work();
  } catch {
    return refused;
  }
}

async function assertRefused(work: () => Uint8Array | Promise<Uint8Array>, what: string): Promise<void> {
  assert.equal(await settle(work), refused, `it did not refuse ${what}`);
}

function assertBytes(found: Uint8Array, expected: Uint8Array): void {
  assert.ok(found instanceof Uint8Array, 'it answered with something other than bytes');
  assert.ok(Buffer.compare(found, expected) === 0, 'it answered with other bytes');
}
