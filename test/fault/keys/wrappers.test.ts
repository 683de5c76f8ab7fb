import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../src/backend/face/config.js';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { openBox, sealBox } from '../../../src/backend/keys/box.js';
import type { KeyWrapper, WrappingContext } from '../../../src/backend/keys/key-wrapper.js';
import { openLocalStore } from '../../../src/stores/local/local-store.js';
import { createMemoryStore } from '../../../src/stores/memory/memory-store.js';
import type { ImageStore } from '../../../src/stores/port.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { quietLogger } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { openPayload } from '../../support/payload.js';
import { smallPicture } from '../../support/small-picture.js';
import { quickFolder } from '../support/quick-folder.js';

const masterKey = Buffer.alloc(32, 7).toString('hex');
const halfAMinute = 30_000; // ms

/** A key server whose answers a test can hold up, spoil or end. */
function keyServer(id: string, secret = id) {
  const key = createHash('sha256').update(secret).digest();
  const textOf = (context: WrappingContext) => JSON.stringify(Object.entries(context).sort());
  const state = {
    asked: 0,
    /** What becomes of the right answer. */
    answer: (right: Uint8Array): unknown => right,
  };
  const give = async (bytes: Uint8Array | null) => {
    state.asked += 1;
    if (!bytes) throw new Error('not mine');
    return (await state.answer(bytes)) as Uint8Array;
  };
  const wrapper: KeyWrapper & { id: string } = {
    id,
    wrap: (bytes, context) => give(sealBox(key, bytes, textOf(context), randomBytes)),
    unwrap: (wrapped, context) => give(openBox(key, wrapped, textOf(context))),
  };
  return { wrapper, state };
}

const never = () => new Promise<Uint8Array>(() => {});

/** The same store, as if it lay behind a network. */
function asynchronous(store: ImageStore): ImageStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'supports') return { ...target.supports, syncRecords: false };
      const member = Reflect.get(target, name, target);
      const isIterable = ['list', 'sealedKeys', 'folderKeys'].includes(String(name));
      if (typeof member !== 'function' || isIterable) return member;
      return async (...args: unknown[]) => member.apply(target, args);
    },
  });
}

type Kind = 'local' | 'asynchronous';

/** A store that backends are opened on one after the other, or side by side. */
async function place(kind: Kind = 'local') {
  const folder = await quickFolder();
  const clock = { now: 1_700_000_000_000 };
  const memory = createMemoryStore();
  const kept = new Map<string, Buffer>();

  function newStore(): ImageStore {
    if (kind === 'asynchronous') return asynchronous({ ...memory, close: async () => {} });
    const settings = { databasePath: `${folder}/db.sqlite`, imageRootDir: `${folder}/images`, logger: quietLogger() };
    return openLocalStore({ ...settings, writer: 'inline', inlineUpTo: 1_000, now: () => clock.now });
  }

  function open(key: BackendConfig['masterKey']): PixstoreBackend {
    const backend = createPixstoreBackend({
      store: newStore(),
      ...(key === undefined ? {} : { masterKey: key }),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
      now: () => clock.now,
    });
    onTestFinished(() => backend.close());
    return backend;
  }

  async function save(backend: PixstoreBackend, dir: string, id: string): Promise<void> {
    const picture = smallPicture();
    await backend.saveImage(picture, { dir, id });
    kept.set(`${dir}:${id}`, picture);
  }

  /** Every image that was saved is whole. */
  async function expectAll(backend: PixstoreBackend): Promise<void> {
    const records = (await backend.getImageRecords([...kept.keys()])) as ImageRecord[];
    for (const record of records) {
      const payload = await backend.customEndpointHelper(record.id, undefined, record.statelessProof);
      expect(openPayload(payload as Uint8Array, record).equals(kept.get(record.id) as Buffer)).toBe(true);
    }
    expect(records).toHaveLength(kept.size);
  }

  return { open, save, expectAll, clock };
}

async function rotate(backend: PixstoreBackend, compromised = false): Promise<void> {
  for await (const _ of backend.rotateMasterKey({ compromised }));
}

describe.each(['local', 'asynchronous'] as const)('on a store that is %s, a wrapper', (kind) => {
  async function filled() {
    const server = keyServer('kms:one');
    const at = await place(kind);
    const backend = at.open(server.wrapper);
    await backend.ready;
    await at.save(backend, 'a', 'one');
    await at.save(backend, 'b', 'one');
    return { ...server, ...at, backend };
  }

  test('is asked when the store is made and opened, and for no image', async () => {
    const { backend, open, save, expectAll, wrapper, state } = await filled();
    const asked = state.asked;
    await save(backend, 'new', 'one');
    await expectAll(backend);
    expect(state.asked).toBe(asked);
    await backend.close();
    const again = open(wrapper);
    await again.ready;
    await expectAll(again);
    expect(state.asked).toBe(asked + 2);
  });

  test('is waited for when another process has exchanged all keys a moment ago', async () => {
    const { backend, open, expectAll, wrapper } = await filled();
    const other = open(wrapper);
    await other.ready;
    await expectAll(other);
    await rotate(backend, true);
    await expectAll(other);
    await rotate(backend, true);
    const [record] = (await other.getImageRecords(['a:one'])) as [ImageRecord];
    expect(record.meta).toEqual((await backend.getImageRecords(['a:one']))?.[0]?.meta);
  });

  test('that answers late is waited for, half a minute', async () => {
    const { backend, open, expectAll, wrapper, state } = await filled();
    await backend.close();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    state.answer = (right) => new Promise((resolve) => setTimeout(() => resolve(right), halfAMinute - 1));
    const slow = open(wrapper);
    const opening = slow.open();
    await vi.advanceTimersByTimeAsync(halfAMinute - 1);
    await opening;
    await expectAll(slow);

    state.answer = never;
    const stuck = open(wrapper);
    const told = failure('KEY_WRAPPER_TIMEOUT', () => stuck.ready);
    await vi.advanceTimersByTimeAsync(halfAMinute);
    await told;
  });

  test.each([
    ['another key', () => new Uint8Array(32).fill(1)],
    ['31 bytes', (right: Uint8Array) => right.subarray(1)],
    ['33 bytes', (right: Uint8Array) => Buffer.concat([right, Buffer.of(0)])],
    ['text', (right: Uint8Array) => Buffer.from(right).toString('hex')],
    ['nothing', () => undefined],
    ['an error', () => Promise.reject(new Error('down'))],
  ])('that answers with %s opens nothing, and spoils nothing', async (_, answer) => {
    const { backend, open, expectAll, save, wrapper, state } = await filled();
    await backend.close();
    state.answer = answer;
    const wrong = open(wrapper);
    await failure('KEY_WRAPPER_FAILED', () => wrong.ready);
    await failure('KEY_WRAPPER_FAILED', () => save(wrong, 'a', 'no'));
    await failure('KEY_WRAPPER_FAILED', () => rotate(wrong));
    await wrong.close();
    state.answer = (right) => right;
    const right = open(wrapper);
    await right.ready;
    await expectAll(right);
  });

  test('that is down since lets a running server go on, but for exchanging the master key, of which nothing is done', async () => {
    const { backend, open, save, expectAll, wrapper, state } = await filled();
    const ringBefore = await ringOf(backend);
    const next = keyServer('kms:two');
    const both = open([next.wrapper, wrapper]);
    await both.ready;
    for (const each of [state, next.state]) each.answer = () => Promise.reject(new Error('down'));
    for (const [index, each] of [backend, both].entries()) {
      await save(each, 'a', `more-${index}`);
      await save(each, `new-${index}`, 'one');
      await expectAll(each);
    }
    for (const compromised of [false, true]) {
      await failure('KEY_WRAPPER_FAILED', () => rotate(both, compromised));
      expect(await ringOf(backend)).toEqual(ringBefore);
    }
    next.state.answer = (right) => right;
    await rotate(both, true);
    await expectAll(both);
    await both.close();
    const after = open(next.wrapper);
    await after.ready;
    await expectAll(after);
  });

  test('that is down while another process exchanges the master key keeps nobody from serving, and is asked again', async () => {
    const { backend, open, save, expectAll, wrapper, state, clock } = await filled();
    const next = keyServer('kms:two');
    await backend.close();
    const one = open([next.wrapper, wrapper]);
    const two = open([wrapper, next.wrapper]);
    await Promise.all([one.ready, two.ready]);
    // The second process alone cannot reach it.
    let isDown = true;
    const unwrap = next.wrapper.unwrap;
    next.wrapper.unwrap = (wrapped, context) => (isDown ? Promise.reject(new Error('down')) : unwrap(wrapped, context));
    const rotating = keyServer('kms:two');
    const third = open([rotating.wrapper, wrapper]);
    await third.ready;
    await rotate(third);
    clock.now += 3_000;
    await two.getImageRecords(['a:one']);
    await vi.waitFor(async () => expect((await two.health())?.status).toBe('degraded'));
    await expectAll(two);
    isDown = false;
    clock.now += 1_001;
    await vi.waitFor(async () => {
      await two.getImageRecords(['a:one']);
      expect((await two.health())?.status).toBe('ok');
    });
    await save(two, 'later', 'one');
    await expectAll(third);
    expect(state.asked).toBeGreaterThan(0);
  });

  test('whose id is another one is another key: the store is not opened, and takes it up by an exchange', async () => {
    const { backend, open, expectAll, wrapper } = await filled();
    await backend.close();
    const renamed = keyServer('kms:renamed', wrapper.id).wrapper;
    const closed = async () => {
      const wrong = open(renamed);
      await wrong.ready;
    };
    await failure('MASTER_KEY_MISMATCH', closed);
    const both = open([renamed, wrapper]);
    await both.ready;
    await rotate(both);
    await both.close();
    const after = open(renamed);
    await after.ready;
    await expectAll(after);
  });

  test('whose id changes while it is used is the one that it was', async () => {
    const { backend, open, expectAll, save, wrapper } = await filled();
    wrapper.id = 'kms:changed';
    for (const compromised of [false, true]) await rotate(backend, compromised);
    await save(backend, 'new', 'one');
    wrapper.id = 'kms:one';
    const again = open(wrapper);
    await again.ready;
    await expectAll(again);
  });

  test('and another one take turns with each other and with a master key, by exchanges of either kind', async () => {
    const { backend, open, expectAll, save, wrapper } = await filled();
    await backend.close();
    const other = keyServer('kms:two').wrapper;
    let last: BackendConfig['masterKey'] & (string | KeyWrapper) = wrapper;
    for (const [index, next] of [masterKey, other, masterKey, wrapper, other].entries()) {
      const both = open([next, last]);
      await both.ready;
      await rotate(both, index % 2 === 0);
      await save(both, 'turn', `at-${index}`);
      await both.close();
      const alone = open(next);
      await alone.ready;
      await expectAll(alone);
      await alone.close();
      const before = last;
      await failure('MASTER_KEY_MISMATCH', async () => {
        await open(before).ready;
      });
      last = next;
    }
  });

  test('of two that are given is asked only when something is wrapped by it', async () => {
    const { backend, open, expectAll, wrapper } = await filled();
    await backend.close();
    const dead = keyServer('kms:dead');
    dead.state.answer = () => Promise.reject(new Error('down'));
    const both = open([dead.wrapper, wrapper]);
    await both.ready;
    await expectAll(both);
    expect(dead.state.asked).toBe(0);
    await failure('KEY_WRAPPER_FAILED', () => rotate(both));
    await expectAll(both);
  });
});

test('a key ring of which one key fails at once and another one later fails once', async () => {
  const kms = keyServer('kms:one');
  const { open, save } = await place();
  const backend = open([kms.wrapper, masterKey]);
  await backend.ready;
  await save(backend, 'a', 'one');
  const other = await place();
  const foreign = other.open(masterKey);
  await other.save(foreign, 'a', 'one');
  const mine = JSON.parse(Buffer.from((await ringOf(backend)) ?? []).toString());
  const theirs = JSON.parse(Buffer.from((await ringOf(foreign)) ?? []).toString());
  // Somebody has put a key of another store under an id of this one behind those of the wrapper.
  mine.keys.push({ ...theirs.keys[0], id: '0123456789abcdef' });
  await backend.store.putKeyRing(Buffer.from(JSON.stringify(mine)), 1);
  kms.state.answer = () => Promise.reject(new Error('down'));
  await failure('SEALED_KEY_INVALID', async () => {
    await open([kms.wrapper, masterKey]).ready;
  });
});

const ringOf = async ({ store }: PixstoreBackend) => {
  const ring = await store.keyRing();
  return ring && Buffer.from(ring.bytes);
};
