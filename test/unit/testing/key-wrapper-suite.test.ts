import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { KeyWrapper, WrappingContext } from '../../../src/backend/keys/key-wrapper.js';
import { deriveMasterKey } from '../../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../../src/backend/keys/master-key-wrapper.js';
import { keyWrapperSuite, type OpenedKeyWrapper } from '../../../src/testing/index.js';

/** Titles of the checks that a wrapper fails. */
async function failuresOf(open: () => Partial<OpenedKeyWrapper> & { wrapper: KeyWrapper }): Promise<string[]> {
  const checks: [string, () => Promise<void>][] = [];
  keyWrapperSuite({
    test: (name, run) => void checks.push([name, run]),
    open: async () => {
      const opened = open();
      return { other: right(), reopen: () => opened.wrapper, destroy: async () => {}, ...opened };
    },
  });
  const failed: string[] = [];
  for (const [name, run] of checks) await run().catch(() => failed.push(name));
  return failed;
}

const right = (secret: Uint8Array = randomBytes(32)) => masterKeyWrapper(deriveMasterKey(secret), randomBytes);

type Wrapped = (bytes: Uint8Array, context: WrappingContext) => Uint8Array;
const wrongly = (change: (wrapper: { wrap: Wrapped; unwrap: Wrapped }) => Partial<KeyWrapper>): KeyWrapper => {
  const { id, wrap, unwrap } = right();
  return { id, wrap, unwrap, ...change({ wrap: wrap as Wrapped, unwrap: unwrap as Wrapped }) };
};

test('a wrapper that does everything right passes the suite', async () => {
  expect(await failuresOf(() => ({ wrapper: right() }))).toEqual([]);
});

const inOrder = (context: WrappingContext) => ({ context: JSON.stringify(context) });

const cases: [string, string, () => Partial<OpenedKeyWrapper> & { wrapper: KeyWrapper }][] = [
  ['has no id', 'has an id', () => ({ wrapper: wrongly(() => ({ id: '' })) })],
  ['takes another id each time', 'has an id', () => ({ wrapper: right(), reopen: () => right() })],
  [
    'takes an id that changes',
    'has an id',
    () => {
      const { wrap, unwrap } = right();
      return {
        wrapper: {
          get id() {
            return randomBytes(8).toString('hex');
          },
          wrap,
          unwrap,
        },
      };
    },
  ],
  [
    'names two keys alike',
    'has an id',
    () => {
      const wrapper = right();
      return { wrapper, other: { ...right(), id: wrapper.id } };
    },
  ],
  ['is of this process only', 'gives back what it wrapped', () => ({ wrapper: right(), reopen: () => right() })],
  [
    'leaves the key in the clear',
    'answers with 1 byte to 16 KiB',
    () => ({
      wrapper: wrongly(({ wrap, unwrap }) => ({
        wrap: (bytes, context) =>
          Buffer.concat([wrap(bytes, context), Buffer.from(Buffer.from(bytes).toString('hex'))]),
        unwrap: (wrapped, context) => unwrap(wrapped.subarray(0, 61), context),
      })),
    }),
  ],
  [
    'answers with more than 16 KiB',
    'answers with 1 byte to 16 KiB',
    () => ({
      wrapper: wrongly(({ wrap, unwrap }) => ({
        wrap: (bytes, context) => Buffer.concat([wrap(bytes, context), Buffer.alloc(16_384)]),
        unwrap: (wrapped, context) => unwrap(wrapped.subarray(0, 61), context),
      })),
    }),
  ],
  [
    'minds the order of names',
    'in whatever order',
    () => ({
      wrapper: wrongly(({ wrap, unwrap }) => ({
        wrap: (bytes, context) => wrap(bytes, inOrder(context)),
        unwrap: (wrapped, context) => unwrap(wrapped, inOrder(context)),
      })),
    }),
  ],
  [
    'forgets the context',
    'refuses another context',
    () => ({
      wrapper: wrongly(({ wrap, unwrap }) => ({
        wrap: (bytes) => wrap(bytes, {}),
        unwrap: (wrapped) => unwrap(wrapped, {}),
      })),
    }),
  ],
  [
    'forgets the names of the context',
    'refuses another context',
    () => {
      const values = (context: WrappingContext) => ({ all: Object.values(context).sort().join() });
      return {
        wrapper: wrongly(({ wrap, unwrap }) => ({
          wrap: (bytes, context) => wrap(bytes, values(context)),
          unwrap: (wrapped, context) => unwrap(wrapped, values(context)),
        })),
      };
    },
  ],
  [
    'has a cipher without a tag',
    'refuses changed bytes',
    () => {
      const secret = randomBytes(32);
      const wrap = (bytes: Uint8Array) => {
        const iv = randomBytes(16);
        return Buffer.concat([iv, createCipheriv('aes-256-ctr', secret, iv).update(bytes)]);
      };
      const unwrap = (bytes: Uint8Array) =>
        createDecipheriv('aes-256-ctr', secret, bytes.subarray(0, 16)).update(bytes.subarray(16));
      return { wrapper: { id: 'ctr', wrap, unwrap } };
    },
  ],
  [
    'opens what another key wrapped',
    'refuses what another key wrapped',
    () => {
      const secret = randomBytes(32);
      return { wrapper: right(secret), other: { ...right(secret), id: 'other' } };
    },
  ],
  [
    'makes up a key for what nobody wrapped',
    'refuses bytes that nobody wrapped',
    () => ({
      wrapper: wrongly(({ unwrap }) => ({
        unwrap: (wrapped, context) => (wrapped.length === 61 ? unwrap(wrapped, context) : randomBytes(32)),
      })),
    }),
  ],
  [
    'keeps keys instead of wrapping them',
    'keeps hold of no bytes',
    () => {
      const kept = new Map<string, Uint8Array>();
      return {
        wrapper: wrongly(({ wrap, unwrap }) => ({
          wrap: (bytes, context) => {
            const wrapped = wrap(bytes, context);
            kept.set(Buffer.from(wrapped).toString('hex'), bytes);
            return wrapped;
          },
          unwrap: (wrapped, context) => {
            unwrap(wrapped, context);
            return kept.get(Buffer.from(wrapped).toString('hex')) ?? unwrap(wrapped, context);
          },
        })),
      };
    },
  ],
  [
    'gives the same answer twice, as the same bytes',
    'keeps hold of no bytes',
    () => {
      const kept = new Map<string, Uint8Array>();
      return {
        wrapper: wrongly(({ unwrap }) => ({
          unwrap: (wrapped, context) => {
            const key = kept.get(Buffer.from(wrapped).toString('hex')) ?? unwrap(wrapped, context);
            kept.set(Buffer.from(wrapped).toString('hex'), key);
            return key;
          },
        })),
      };
    },
  ],
  [
    'mixes up calls at the same time',
    'keeps calls at the same time apart',
    () => {
      let current: Uint8Array = new Uint8Array();
      return {
        wrapper: wrongly(({ wrap }) => ({
          wrap: async (bytes, context) => {
            current = bytes;
            await new Promise((resolve) => setImmediate(resolve));
            return wrap(current, context);
          },
        })),
      };
    },
  ],
];

test.each(cases)('a wrapper that %s fails the check "%s"', async (_, title, open) => {
  expect((await failuresOf(open)).join('\n')).toContain(title);
});
