import { describe, expect, test } from 'vitest';
import { copyStore, createMemoryStore, type ImageStore, PixstoreError } from '../../../src/backend/index.js';
import { readKeyRing } from '../../../src/backend/keys/key-ring.js';
import type { OpenedPart } from '../../../src/stores/port.js';
import { masterKey } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';
import { resizing } from '../../support/resizing.js';
import { smallPicture } from '../../support/small-picture.js';
import { backendOn, contentsOf, kinds, last } from './places.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];
const processing = resizing({ widths: { thumb: 40 }, placeholders: true });

async function filled(store: ImageStore) {
  const backend = backendOn(store, { processing });
  for (const id of ['a', 'b', 'Zed']) await backend.saveImage(cat, { id });
  for (const dir of ['cats', 'rockets']) await backend.saveImage(rocket, { dir, id: 'one' });
  const { token } = await backend.saveImage(cat, { id: 'gone' });
  await backend.deleteImage('gone');
  return { store, backend, removed: token };
}

const ownerOf = async (store: ImageStore) => readKeyRing((await store.keyRing())?.bytes ?? new Uint8Array()).owner;

describe('a copy of a store', () => {
  const pairs = Object.keys(kinds).flatMap((from) => Object.keys(kinds).map((to) => [from, to] as const));

  test.each(pairs)('from %s to %s has every image as it was, and goes on by itself', async (from, to) => {
    const source = await filled(await (kinds[from] as () => Promise<ImageStore>)());
    const target = await (kinds[to] as () => Promise<ImageStore>)();
    const done = await last(copyStore({ from: source.backend, to: target }));
    expect(done).toMatchObject({ step: 'done', copied: 5, removed: 0, failures: [] });
    const copy = backendOn(target);
    const before = await contentsOf(source.backend);
    expect(Object.keys(before)).toHaveLength(5);
    expect(await contentsOf(copy)).toEqual(before);
    expect(await target.lastRemovedToken()).toBe(source.removed);
    expect(await target.check()).toEqual([]);
    const again = await copy.saveImage(cat, { id: 'gone' });
    expect(again.token).toBeGreaterThan(source.removed);
    await copy.updateImage('cats:one', cat);
    expect(await copy.deleteImages('rockets')).toBe(1);
    expect(await contentsOf(source.backend)).toEqual(before);
  });

  test('is a store of its own: proofs of the one are not good for the other, unless that is meant', async () => {
    const source = await filled(createMemoryStore());
    const [own, shared] = [createMemoryStore(), createMemoryStore()];
    await last(copyStore({ from: source.backend, to: own }));
    await last(copyStore({ from: source.backend, to: shared, keepProofs: true }));
    const { statelessProof, token } = source.backend.getImageRecord('a') ?? {};
    const stateOf = async (store: ImageStore) =>
      (await backendOn(store).customEndpointHelper('a', token, statelessProof))[0];
    const good = (await source.backend.customEndpointHelper('a', token, statelessProof))[0];
    expect(await stateOf(shared)).toBe(good);
    expect(await stateOf(own)).not.toBe(good);
    const ids = [await ownerOf(source.store), await ownerOf(own), await ownerOf(shared)].map(({ store }) => store);
    expect(new Set(ids).size).toBe(3);
  });

  test('cannot be opened before it is whole, and the next call goes on', async () => {
    const source = await filled(createMemoryStore());
    const target = createMemoryStore();
    const ending = new AbortController();
    const steps = copyStore({ from: source.backend, to: target, signal: ending.signal });
    const ended = (async () => {
      for await (const _ of steps) ending.abort(new Error('enough'));
    })();
    await expect(ended).rejects.toThrow('enough');
    await failure('COPY_UNFINISHED', () => backendOn(target).open());
    const rest = await last(copyStore({ from: source.backend, to: target }));
    expect(rest).toMatchObject({ copied: 0, same: 5 });
    expect(await contentsOf(backendOn(target))).toEqual(await contentsOf(source.backend));
  });

  test('brings along what was changed between two calls, and nothing that was removed or erased', async () => {
    const source = await filled(createMemoryStore());
    const target = createMemoryStore();
    const { backend } = source;
    await last(copyStore({ from: backend, to: target, finish: false }));
    await backend.updateImage('a', rocket);
    await backend.saveImage(cat, { dir: 'dogs', id: 'new' });
    await backend.deleteImage('b');
    await backend.deleteImages('cats');
    await backend.saveImage(cat, { dir: 'cats', id: 'another' });
    await backend.deleteImages('rockets');
    await last(copyStore({ from: backend, to: target, finish: false }));
    expect(await target.record('rockets:one')).toBeNull();
    await failure('COPY_UNFINISHED', () => backendOn(target).open());
    const done = await last(copyStore({ from: backend, to: target, verify: 'copied' }));
    expect(done).toMatchObject({ copied: 0 });
    const copy = backendOn(target);
    expect(await contentsOf(copy)).toEqual(await contentsOf(backend));
    expect(copy.getImageRecord('cats:one')).toBeNull();
    expect((await target.folderKey('cats'))?.generation).toBe((await source.store.folderKey('cats'))?.generation);
    const alive = [];
    for await (const page of target.folderKeys()) alive.push(...page.map(({ folder }) => folder));
    expect(alive.sort()).toEqual(['', 'cats', 'dogs']);
  });

  test('has what is written meanwhile, as of the moment that it comes by, or later', async () => {
    const backend = backendOn(await (kinds.local as () => Promise<ImageStore>)());
    const ids = Array.from({ length: 150 }, (_, number) => `id${number}`);
    await Promise.all(ids.map((id) => backend.saveImage(smallPicture(), { dir: 'many', id })));
    const target = createMemoryStore();
    let index = 0;
    for await (const { step, pass } of copyStore({ from: backend, to: target })) {
      if (step !== 'images' || pass > 2) continue;
      await backend.updateImage(`many:id${index}`, smallPicture());
      await backend.saveImage(smallPicture(), { dir: 'late', id: `id${index}` });
      await backend.deleteImage(`many:id${100 + index}`);
      index += 1;
    }
    expect(index).toBeGreaterThan(3);
    expect(await contentsOf(backendOn(target))).toEqual(await contentsOf(backend));
  });

  test('leaves out an image that is damaged, and says which', async () => {
    const source = await filled(createMemoryStore());
    for (const [id, variant] of [['a'], ['b', 'thumb']] as const) {
      const part = await source.store.open(id, variant);
      const ciphertext = part?.ciphertext as Uint8Array;
      ciphertext[5] = (ciphertext[5] as number) ^ 1;
    }
    const target = createMemoryStore();
    const done = await last(copyStore({ from: source.backend, to: target }));
    expect(done.failures.map(({ id }) => id).sort()).toEqual(['a', 'b.thumb']);
    expect(done.failures[0]?.error).toMatchObject({ code: 'CIPHERTEXT_MISSING' });
    expect(Object.keys(await contentsOf(backendOn(target)))).toHaveLength(4);
  });

  test('is made of all generations of keys, also while the master key is exchanged after a leak', async () => {
    const source = await filled(createMemoryStore());
    const newKey = Buffer.alloc(32, 9).toString('base64');
    const both = backendOn(source.store, { masterKey: [newKey, masterKey] });
    const rotation = both.rotateMasterKey({ compromised: true });
    for await (const { step } of rotation) if (step === 'folders') break;
    await both.saveImage(cat, { dir: 'cats', id: 'sealed-anew' });
    const target = createMemoryStore();
    await last(copyStore({ from: both, to: target }));
    const copy = backendOn(target, { masterKey: [newKey, masterKey] });
    expect(await contentsOf(copy)).toEqual(await contentsOf(both));
    await last(copy.rotateMasterKey());
    expect(await contentsOf(backendOn(target, { masterKey: newKey }))).toEqual(await contentsOf(both));
  });

  test('is not begun over keys that were exchanged after a leak since', async () => {
    const source = await filled(createMemoryStore());
    const target = createMemoryStore();
    await last(copyStore({ from: source.backend, to: target, finish: false }));
    await last(source.backend.rotateMasterKey({ compromised: true }));
    await failure('COPY_REFUSED', () => last(copyStore({ from: source.backend, to: target })));
  });

  test('goes on after the master key was exchanged', async () => {
    const source = await filled(createMemoryStore());
    const target = createMemoryStore();
    await last(copyStore({ from: source.backend, to: target, finish: false }));
    const newKey = Buffer.alloc(32, 9).toString('base64');
    const both = backendOn(source.store, { masterKey: [newKey, masterKey] });
    await last(both.rotateMasterKey());
    await last(copyStore({ from: both, to: target }));
    const keys = readKeyRing((await target.keyRing())?.bytes ?? new Uint8Array()).keys;
    const opening = keys.filter(({ purpose }) => purpose !== 'proof').map(({ wrapper }) => wrapper);
    expect(new Set(opening).size).toBe(1);
    expect(await contentsOf(backendOn(target, { masterKey: [newKey, masterKey] }))).toEqual(await contentsOf(both));
  });
});

describe('a store that is to be filled', () => {
  test('is refused when it holds something else, and left as it is', async () => {
    const source = await filled(createMemoryStore());
    const other = await filled(createMemoryStore());
    const before = await contentsOf(other.backend);
    const refused = (to: ImageStore) => failure('COPY_REFUSED', () => last(copyStore({ from: source.backend, to })));
    await refused(other.store);
    expect(await contentsOf(other.backend)).toEqual(before);
    const emptied = createMemoryStore();
    const emptying = backendOn(emptied);
    await emptying.saveImage(cat, { id: 'a' });
    await emptying.deleteImage('a');
    await refused(emptied);
    const begun = createMemoryStore();
    await last(copyStore({ from: other.backend, to: begun, finish: false }));
    await refused(begun);
    const whole = createMemoryStore();
    await last(copyStore({ from: source.backend, to: whole }));
    await refused(whole);
  });

  test('is another one than the one that is copied', async () => {
    const source = await filled(createMemoryStore());
    await failure('CONFIG_INVALID', () => last(copyStore({ from: source.backend, to: source.store })));
  });

  test.each([
    [
      'gives back other bytes than it was given',
      (part: OpenedPart) => ({ ...part, ciphertext: new Uint8Array(part.size) }),
    ],
    [
      'has lost what it was given',
      () => {
        throw new PixstoreError('CIPHERTEXT_MISSING', 'It is not there.');
      },
    ],
  ])('that %s ends it, and is whole in no later call', async (_, giveBack) => {
    const source = await filled(createMemoryStore());
    const target = createMemoryStore();
    const forgetful: ImageStore = {
      ...target,
      async open(...args) {
        const part = await target.open(...args);
        return part && giveBack(part);
      },
    };
    for (const _call of ['first', 'second']) {
      await failure('COPY_FAILED', () => last(copyStore({ from: source.backend, to: forgetful })));
    }
    await failure('COPY_UNFINISHED', () => backendOn(target).open());
  });

  test.each([{ rate: 5 }, { rate: { bytes: 0 } }, { signal: {} }, { finish: 1 }, { verify: 'some' }, { target: 1 }])(
    'options that are wrong are refused: %o',
    async (wrong) => {
      const source = await filled(createMemoryStore());
      const copying = () => last(copyStore({ from: source.backend, to: createMemoryStore(), ...(wrong as object) }));
      await failure('CONFIG_INVALID', copying);
    },
  );
});
