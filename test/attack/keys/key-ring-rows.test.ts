import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import type { PixstoreError } from '../../../src/shared/index.js';
import { failure } from '../../support/errors.js';
import { newKey, oldKey } from '../../support/keys.js';
import { crimeScene, expectNoOther, look, rotate, type Scene, trySaving } from './crime-scene.js';

const ids = ['a:row', 'b:file', 'one'];

async function filled(): Promise<{ scene: Scene; backend: PixstoreBackend }> {
  const scene = await crimeScene();
  const backend = scene.open([newKey, oldKey]);
  await scene.save(backend, 'a:row');
  await scene.save(backend, 'b:file', 'file');
  await scene.save(backend, 'one');
  return { scene, backend };
}

interface Ring {
  version: number;
  bytes: Uint8Array;
}

const ringOf = (scene: Scene) => scene.rows('SELECT version, bytes FROM key_ring')[0] as unknown as Ring;

function putRing(scene: Scene, { version, bytes }: Ring): void {
  scene.write('INSERT OR REPLACE INTO key_ring VALUES (1, ?, ?)', version, bytes);
}

/** The ring with its list of keys changed. */
function changed({ version, bytes }: Ring, change: (ring: { keys: Record<string, unknown>[] }) => unknown): Ring {
  const ring = JSON.parse(Buffer.from(bytes).toString());
  return { version, bytes: Buffer.from(JSON.stringify(change(ring) ?? ring)) };
}

/** The ring with these fields in all of its keys. */
const withAll = (ring: Ring, fields: Record<string, unknown>) =>
  changed(ring, ({ keys, ...rest }) => ({ ...rest, keys: keys.map((key) => ({ ...key, ...fields })) }));

const text =
  (value: string) =>
  ({ version }: Ring) => ({ version, bytes: Buffer.from(value) });

/** A ring that another store has, whose master keys are the same. */
async function foreignRing(): Promise<Ring> {
  const { scene, backend } = await filled();
  await backend.close();
  return ringOf(scene);
}

type Damage = (ring: Ring, foreign: Ring) => Ring | null;

/** It has the right key of the store: nothing keeps it from being exchanged. */
const openable = 'proof keys that begin never';

const damages: Record<string, Damage> = {
  'the ring of another store': (_, foreign) => foreign,
  'no ring': () => null,
  nothing: ({ version }) => ({ version, bytes: new Uint8Array() }),
  'half of it': ({ version, bytes }) => ({ version, bytes: bytes.subarray(0, bytes.length >> 1) }),
  'a megabyte': ({ version }) => ({ version, bytes: Buffer.alloc(1 << 20, '[') }),
  'a megabyte more': ({ version, bytes }) => ({ version, bytes: Buffer.concat([bytes, Buffer.alloc(1 << 20, ' ')]) }),
  'no JSON': text('not JSON'),
  'no UTF-8': ({ version }) => ({ version, bytes: Buffer.alloc(100, 0xff) }),
  'deep JSON': text('['.repeat(100_000) + ']'.repeat(100_000)),
  null: text('null'),
  'a list': text('[]'),
  'no list of keys': text('{"version":1}'),
  'keys that are none': text('{"version":1,"keys":[null,1,"a",[],{}]}'),
  'a later version': (ring) => changed(ring, (parsed) => ({ ...parsed, version: 2 })),
  'no keys': (ring) => changed(ring, (parsed) => ({ ...parsed, keys: [] })),
  'no key of the store': (ring) =>
    changed(ring, (parsed) => ({ ...parsed, keys: parsed.keys.filter(({ purpose }) => purpose !== 'store') })),
  'a key of the store from another one': (ring, foreign) =>
    changed(ring, ({ keys }) => {
      const { keys: others } = JSON.parse(Buffer.from(foreign.bytes).toString());
      const at = keys.findIndex(({ purpose }) => purpose === 'store');
      keys[at] = others.find(({ purpose }: { purpose: string }) => purpose === 'store');
    }),
  'a proof key as key of the store': (ring) => withAll(ring, { purpose: 'store' }),
  'a key of the store as proof key': (ring) => withAll(ring, { purpose: 'proof' }),
  'another id of a key': (ring) => withAll(ring, { id: '0123456789abcdef' }),
  'another wrapper': (ring) => withAll(ring, { wrapper: 'x' }),
  'a wrapped key cut off': (ring) => withAll(ring, { wrapped: 'AQ==' }),
  'no check of a key': (ring) => withAll(ring, { check: '' }),
  [openable]: (ring) => withAll(ring, { from: 1e300 }),
};

/** Where there are images, and where there are none. */
const placesOf = (name: string) => [`a:${name}`, `new-${name}:one`, name];

describe.each(Object.entries(damages))('in place of the key ring: %s', (name, damage) => {
  test.each([0, 10])(
    'with its version raised by %i, running or opened anew: nothing other is shown, and what was saved meanwhile is there when the ring is restored',
    async (raise) => {
      const { scene, backend } = await filled();
      const right = ringOf(scene);
      const wrong = damage(right, await foreignRing());
      if (wrong) putRing(scene, { ...wrong, version: right.version + raise });
      else scene.write('DELETE FROM key_ring');

      const saved = await trySaving(scene, backend, placesOf('running'));
      await expectNoOther(scene, backend, [...ids, ...saved], false);
      scene.clock.now += 5_000; // it may try again
      saved.push(...(await trySaving(scene, backend, placesOf('still-running'))));
      await expectNoOther(scene, backend, [...ids, ...saved], false);
      await backend.close();

      try {
        const opened = scene.open([newKey, oldKey]);
        await opened.ready;
        saved.push(...(await trySaving(scene, opened, placesOf('reopened'))));
        await expectNoOther(scene, opened, [...ids, ...saved], false);
        if (name !== openable) await expect(rotate(opened, true)).rejects.toThrow();
        await opened.close();
      } catch (error) {
        const codes = ['SEALED_KEY_INVALID', 'MASTER_KEY_MISMATCH', 'KEY_WRAPPER_FAILED'];
        expect(codes).toContain((error as PixstoreError).code);
      }

      putRing(scene, right);
      const restored = scene.open([newKey, oldKey]);
      for (const id of [...ids, ...saved]) expect(await look(restored, id), id).toEqual(scene.pictures.get(id));
      expect(await trySaving(scene, restored, placesOf('restored'))).toHaveLength(3);
    },
  );
});

describe('a key ring put back from before an exchange of the master key', () => {
  async function putBack(compromised: boolean) {
    const { scene, backend } = await filled();
    // Under the old master key, as it was then.
    await backend.close();
    const before = scene.open([oldKey, newKey]);
    await rotate(before, true);
    await before.close();
    const old = ringOf(scene);
    const running = scene.open([newKey, oldKey]);
    await rotate(running, compromised);
    await scene.save(running, 'a:after');
    const right = ringOf(scene);
    putRing(scene, old);
    return { scene, running, right, old };
  }

  test.each([false, true])(
    'is not taken by a server that knows the later one (compromised: %s): it serves, says so, and seals nothing',
    async (compromised) => {
      const { scene, running, right } = await putBack(compromised);
      for (const id of [...ids, 'a:after']) expect(await look(running, id)).toEqual(scene.pictures.get(id));
      for (const id of ['a:no', 'new:no', 'no']) await failure('SEALED_KEY_INVALID', () => scene.save(running, id));
      await failure('SEALED_KEY_INVALID', () => rotate(running));
      const { status, problems } = (await running.health()) ?? {};
      expect(status).toBe('degraded');
      expect(problems?.join()).toContain('put back');
      putRing(scene, right);
      scene.clock.now += 1_001;
      await scene.save(running, 'a:again');
      expect((await running.health())?.status).toBe('ok');
    },
  );

  test('after a leak seals nothing under the key that leaked, also where the old master key is still given', async () => {
    const { scene, running, right } = await putBack(true);
    await running.close();
    const opened = scene.open([newKey, oldKey]);
    for (const id of ['a:no', 'new:no', 'no']) await failure('SEALED_KEY_INVALID', () => scene.save(opened, id));
    for (const compromised of [false, true]) await failure('SEALED_KEY_INVALID', () => rotate(opened, compromised));
    for (const id of [...ids, 'a:after']) expect(await look(opened, id)).toBe('MASTER_KEY_MISMATCH');
    await opened.close();
    await failure('MASTER_KEY_MISMATCH', () => scene.open(newKey).open());
    putRing(scene, right);
    const restored = scene.open(newKey);
    for (const id of [...ids, 'a:after']) expect(await look(restored, id)).toEqual(scene.pictures.get(id));
  });

  test('after a routine exchange opens as before for who has the old master key, and nothing is lost', async () => {
    const { scene, running, right } = await putBack(false);
    await running.close();
    const opened = scene.open([newKey, oldKey]);
    for (const id of [...ids, 'a:after']) expect(await look(opened, id)).toEqual(scene.pictures.get(id));
    await scene.save(opened, 'new:one');
    await opened.close();
    await failure('MASTER_KEY_MISMATCH', () => scene.open(newKey).open());
    putRing(scene, right);
    const restored = scene.open(newKey);
    for (const id of [...ids, 'a:after', 'new:one']) expect(await look(restored, id)).toEqual(scene.pictures.get(id));
  });
});
