import { createDecipheriv } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPixstoreBackend } from '../../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../../src/backend/face/config.js';
import { decodePayload, getLastPixstoreError, WirePayloadState } from '../../../../src/shared/index.js';
import { findDriver } from '../../../../src/stores/local/driver.js';
import { createMemoryStore } from '../../../../src/stores/memory/memory-store.js';
import type { PartName } from '../../../../src/stores/port.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { masterKey, openBackend, quietLogger } from '../../../support/backend.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';
import { photo, photoPath } from '../../../support/photos.js';

type Backend = Awaited<ReturnType<typeof openBackend>>;

/** What a client makes of an image: asks with the record's own token and proof, decrypts with its meta. */
async function view(backend: Backend, record: ImageRecord | null): Promise<Buffer> {
  if (!record) throw new Error('there is no record');
  const payload = await backend.customEndpointHelper(record.id, record.token, record.statelessProof);
  const answer = decodePayload(payload as Uint8Array);
  if (answer.state !== WirePayloadState.Success) throw new Error(`state ${answer.state}`);
  const { key, iv, tag } = record.meta;
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), Buffer.from(iv, 'base64'));
  decipher.setAuthTag(Buffer.from(tag, 'base64'));
  return Buffer.concat([decipher.update(answer.ciphertext), decipher.final()]).subarray(1);
}

const cat = photo('cat.png');
const coffee = photo('coffee.webp');

describe('saving', () => {
  test.each([
    ['Buffer', cat],
    ['Uint8Array', new Uint8Array(cat)],
    ['ArrayBuffer', new Uint8Array(cat).buffer],
    ['Blob', new Blob([cat])],
    ['view of a larger buffer', Buffer.concat([Buffer.alloc(7), cat, Buffer.alloc(7)]).subarray(7, 7 + cat.length)],
  ])('a %s comes back byte for byte', async (_, image) => {
    const backend = await openBackend();
    const record = await backend.saveImage(image, 'photos');
    expect(record?.id).toMatch(/^photos:/);
    expect((await view(backend, record)).equals(cat)).toBe(true);
  });

  test.each(['cat.png', 'coffee.webp', 'retina.jpg', 'hubble.jpg'])(
    'the file %s comes back byte for byte',
    async (name) => {
      const backend = await openBackend();
      const record = await backend.saveImageFromFile(photoPath(name));
      expect((await view(backend, record)).equals(photo(name))).toBe(true);
    },
  );

  test('takes the bytes at once: their owner may reuse the buffer', async () => {
    const backend = await openBackend();
    const buffer = Buffer.from(cat);
    const saving = backend.saveImage(buffer);
    buffer.fill(0);
    expect((await view(backend, await saving)).equals(cat)).toBe(true);
  });

  test.each([
    ['IMAGE_INPUT_INVALID', 'a path'],
    ['IMAGE_INPUT_INVALID', null],
    ['IMAGE_INPUT_INVALID', undefined],
    ['IMAGE_INPUT_INVALID', { length: 3 }],
    ['IMAGE_INPUT_INVALID', new Uint16Array(8)],
    ['IMAGE_EMPTY', Buffer.alloc(0)],
    ['IMAGE_EMPTY', new Blob([])],
    ['IMAGE_TRUNCATED', cat.subarray(0, 20)],
    ['IMAGE_NOT_RECOGNIZED', Buffer.from('no image at all, this is')],
    ['IMAGE_FORMAT_REFUSED', coffee],
    ['IMAGE_TOO_LARGE', Buffer.concat([cat, Buffer.alloc(500_000)])],
    ['IMAGE_TOO_LARGE', new Blob([cat, Buffer.alloc(500_000)])],
  ] as const)('%s is said of what cannot be saved, and nothing is stored', async (code, image) => {
    const backend = await openBackend({ imageFormats: ['png'], maxImageBytes: 400_000 });
    await failure(code, () => backend.saveImage(image as Buffer));
    for await (const id of backend.store.list()) expect.fail(`${id} was stored`);
  });

  test('files that cannot be read are said by name, never by path', async () => {
    const backend = await openBackend({ maxImageBytes: 1_000 });
    const missing = await failure('IMAGE_FILE_UNREADABLE', () =>
      backend.saveImageFromFile(join(backend.folder, 'holiday.png')),
    );
    expect(missing.message).toMatch(/"holiday\.png".*ENOENT/);
    expect(missing.message).not.toContain(backend.folder);
    await failure('IMAGE_FILE_UNREADABLE', () => backend.saveImageFromFile(backend.folder));
    await failure('IMAGE_FILE_UNREADABLE', () => backend.saveImageFromFile(''));
    await failure('IMAGE_FILE_UNREADABLE', () => backend.saveImageFromFile(7 as unknown as string));
    await failure('IMAGE_TOO_LARGE', () => backend.saveImageFromFile(photoPath('cat.png')));
  });

  test('an id of the application is refused when it exists, and the first picture stays', async () => {
    const backend = await openBackend();
    const record = await backend.saveImage(cat, { dir: 'players', id: '7' });
    expect(record?.id).toBe('players:7');
    await failure('IMAGE_ID_TAKEN', () => backend.saveImage(coffee, { dir: 'players', id: '7' }));
    expect((await view(backend, backend.getImageRecord('players:7'))).equals(cat)).toBe(true);
  });

  test('of many saves under one id at once, one wins', async () => {
    const backend = await openBackend({ errorHandlingMode: 'silent' });
    const records = await Promise.all(Array.from({ length: 10 }, () => backend.saveImage(cat, { id: 'one' })));
    expect(records.filter(Boolean)).toHaveLength(1);
  });
});

describe('updating', () => {
  test('shows the new picture under a higher token, and refuses the old key', async () => {
    const backend = await openBackend();
    const first = await backend.saveImage(cat, 'a');
    const second = await backend.updateImage(first?.id as string, coffee);
    expect(second?.token).toBeGreaterThan(first?.token as number);
    expect(second?.meta.key).not.toBe(first?.meta.key);
    expect((await view(backend, second)).equals(coffee)).toBe(true);
    await expect(view(backend, first)).rejects.toThrow('state 1');
  });

  test('many times within one millisecond gives every version a token of its own', async () => {
    const backend = await openBackend({ now: () => 1_700_000_000_000 });
    const first = await backend.saveImage(cat, { id: 'one' });
    const updates = await Promise.all(Array.from({ length: 20 }, () => backend.updateImage('one', coffee)));
    const tokens = [first, ...updates].map((record) => record?.token as number);
    expect(new Set(tokens).size).toBe(21);
    expect(Math.max(...tokens)).toBe(1_700_000_000_020);
  });

  test('keeps growing when the clock is set back, also over a removal', async () => {
    const clock = { now: 1_700_000_000_000 };
    const backend = await openBackend({ now: () => clock.now });
    const first = await backend.saveImage(cat, { id: 'one' });
    clock.now -= 1_000_000;
    const second = await backend.updateImage('one', coffee);
    await backend.deleteImage('one');
    const third = await backend.saveImage(cat, { id: 'one' });
    expect([first?.token, second?.token, third?.token]).toEqual([
      1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002,
    ]);
  });

  test('has whole tokens under a clock with fractions of a millisecond', async () => {
    const backend = await openBackend({ now: () => 1_700_000_000_000.7 });
    expect((await backend.saveImage(cat, { id: 'one' }))?.token).toBe(1_700_000_000_000);
    expect((await backend.updateImage('one', coffee))?.token).toBe(1_700_000_000_001);
  });

  test('that fails leaves the old picture', async () => {
    const backend = await openBackend();
    await backend.saveImage(cat, { id: 'one' });
    await failure('IMAGE_NOT_RECOGNIZED', () => backend.updateImage('one', Buffer.from('this is not an image, is it')));
    await failure('IMAGE_FILE_UNREADABLE', () => backend.updateImageFromFile('one', join(backend.folder, 'none')));
    expect((await view(backend, backend.getImageRecord('one'))).equals(cat)).toBe(true);
  });

  test('what does not exist is refused', async () => {
    const backend = await openBackend();
    await failure('IMAGE_NOT_FOUND', () => backend.updateImage('none', cat));
    await failure('IMAGE_ID_INVALID', () => backend.updateImage('../x', cat));
    await failure('IMAGE_NOT_FOUND', () => backend.updateImageFromFile('none', photoPath('cat.png')));
  });
});

describe('looking up and removing', () => {
  test('an image is there until it is removed', async () => {
    const backend = await openBackend();
    await backend.saveImage(cat, { id: 'one' });
    expect(backend.imageExists('one')).toBe(true);
    expect(await backend.deleteImage('one')).toBe(true);
    expect(await backend.deleteImage('one')).toBe(false);
    expect(backend.imageExists('one')).toBe(false);
    expect(backend.getImageRecord('one')).toBeNull();
  });

  test('many records come in the order asked for, null where there is none', async () => {
    const backend = await openBackend();
    for (const id of ['a', 'b', 'c']) await backend.saveImage(cat, { id });
    const records = await backend.getImageRecords(['c', 'none', 'a', 'c']);
    expect(records?.map((record) => record?.id ?? null)).toEqual(['c', null, 'a', 'c']);
    expect(records?.[0]).toEqual(backend.getImageRecord('c'));
    expect(await backend.getImageRecords([])).toEqual([]);
  });

  test('a bad id among many spoils its own entry only, where the mode returns null', async () => {
    const backend = await openBackend({ errorHandlingMode: 'hybrid' });
    await backend.saveImage(cat, { id: 'a' });
    const records = await backend.getImageRecords(['../x', 'a', 7 as unknown as string]);
    expect(records?.map((record) => record?.id ?? null)).toEqual([null, 'a', null]);
    expect(await backend.getImageRecords('a' as unknown as string[])).toBeNull();
    expect(getLastPixstoreError()?.code).toBe('IMAGE_ID_INVALID');
  });

  test.each(['..', 'a:..', 'k\0', '%', 'k\n', '', 'y'.repeat(10_000), undefined, 7])(
    'the id %j is refused everywhere',
    async (given) => {
      const backend = await openBackend();
      const id = given as string;
      await failure('IMAGE_ID_INVALID', () => backend.getImageRecord(id));
      await failure('IMAGE_ID_INVALID', () => backend.imageExists(id));
      await failure('IMAGE_ID_INVALID', () => backend.deleteImage(id));
      await failure('IMAGE_ID_INVALID', () => backend.getImageRecords([id]));
    },
  );

  test('a row that was changed or moved does not open; in a list it spoils its own entry only', async () => {
    const backend = await openBackend({ errorHandlingMode: 'silent' });
    await backend.saveImage(cat, { id: 'mine' });
    await backend.saveImage(coffee, { id: 'yours' });
    const database = findDriver()(join(backend.folder, 'images.sqlite'));
    // The attack: whoever can write the database hands his own record the key of another picture.
    database.exec("UPDATE parts SET sealed_key = (SELECT sealed_key FROM parts WHERE id = 'yours') WHERE id = 'mine'");
    database.close();
    expect(backend.getImageRecord('mine')).toBeNull();
    expect(getLastPixstoreError()?.code).toBe('SEALED_KEY_INVALID');
    const records = await backend.getImageRecords(['mine', 'yours']);
    expect(records?.map((record) => record?.id)).toEqual([undefined, 'yours']);
  });

  test('stores that answer later have getImageRecords only', async () => {
    const memory = createMemoryStore();
    const store = {
      ...memory,
      supports: { ...memory.supports, syncRecords: false },
      record: async (id: string) => memory.record(id),
      records: async (names: readonly PartName[]) => memory.records(names),
      keyRing: async () => memory.keyRing(),
      folderKey: async (folder: string) => memory.folderKey(folder),
      lastRemovedToken: async () => memory.lastRemovedToken(),
    };
    const backend = await openBackend({ store });
    await backend.ready;
    await backend.saveImage(cat, { id: 'one' });
    await backend.updateImage('one', coffee);
    const error = await failure('SYNC_UNSUPPORTED', () => backend.getImageRecord('one'));
    expect(error.message).toContain('getImageRecords');
    const [record] = (await backend.getImageRecords(['one'])) ?? [];
    expect((await view(backend, record ?? null)).equals(coffee)).toBe(true);
  });
});

describe('at rest', () => {
  test('neither image bytes nor keys are in any file', async () => {
    const { readdir, readFile } = await import('node:fs/promises');
    const backend = await openBackend();
    const records = [await backend.saveImage(cat, { id: 'large' }), await backend.saveImage(coffee, { id: 'small' })];
    await backend.close();
    const entries = await readdir(backend.folder, { recursive: true, withFileTypes: true });
    const files = await Promise.all(
      entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))),
    );
    const disk = Buffer.concat(files);
    expect(disk.length).toBeGreaterThan(cat.length + coffee.length);
    for (const record of records) {
      const key = record?.meta.key as string;
      expect(disk.includes(key)).toBe(false);
      expect(disk.includes(Buffer.from(key, 'base64'))).toBe(false);
      expect(disk.includes(Buffer.from(key, 'base64').toString('hex'))).toBe(false);
    }
    for (const image of [cat, coffee]) {
      for (let at = 0; at + 24 < image.length; at += 5_000)
        expect(disk.includes(image.subarray(at, at + 24))).toBe(false);
    }
    expect(disk.includes(Buffer.from(masterKey, 'base64'))).toBe(false);
  });
});

describe('master keys', () => {
  test('a database survives a restart with its key file, and is not opened without it', async () => {
    const folder = await temporaryFolder();
    const config: BackendConfig = {
      databasePath: join(folder, 'db.sqlite'),
      imageRootDir: join(folder, 'images'),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
    };
    const first = createPixstoreBackend(config);
    const record = await first.saveImage(cat, { id: 'one' });
    await first.close();

    const second = createPixstoreBackend(config);
    // The key lives on, so does the proof: a restart asks nobody to reload.
    const payload = await second.customEndpointHelper('one', record?.token as number, record?.statelessProof as string);
    expect(payload?.[0]).toBe(WirePayloadState.Success);
    await second.close();

    const { rename, readdir } = await import('node:fs/promises');
    await rename(join(folder, 'db.sqlite.key'), join(folder, 'elsewhere'));
    await failure('MASTER_KEY_MISSING', () => createPixstoreBackend(config).open());
    expect(await readdir(folder)).not.toContain('db.sqlite.key');
    await failure('MASTER_KEY_MISMATCH', () => createPixstoreBackend({ ...config, masterKey }).open());
    writeFileSync(join(folder, 'db.sqlite.key'), `${masterKey}\n`, { mode: 0o600 });
    await failure('MASTER_KEY_MISMATCH', () => createPixstoreBackend(config).open());

    await rename(join(folder, 'elsewhere'), join(folder, 'db.sqlite.key'));
    const third = createPixstoreBackend(config);
    expect(third.imageExists('one')).toBe(true);
    await third.close();
  });

  test('all of a list open what the store has; the first is for what is new', async () => {
    const folder = await temporaryFolder();
    const newKey = Buffer.alloc(32, 8).toString('hex');
    const config = (keys: string | string[]): BackendConfig => ({
      databasePath: join(folder, 'db.sqlite'),
      imageRootDir: join(folder, 'images'),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
      masterKey: keys,
    });
    const before = createPixstoreBackend(config(masterKey));
    await before.saveImage(cat, { id: 'old' });
    await before.close();
    const during = createPixstoreBackend(config([newKey, masterKey]));
    await during.saveImage(cat, { id: 'new' });
    expect(during.getImageRecord('old')).not.toBeNull();
    await during.close();
    // The new one is not in use until the store's keys are wrapped anew: see rotateMasterKey.
    await failure('MASTER_KEY_MISMATCH', () => createPixstoreBackend(config(newKey)).open());
    await createPixstoreBackend(config(masterKey)).close();
  });

  test('two backends that start on one empty store with different keys do not both write', async () => {
    const store = createMemoryStore();
    const one = await openBackend({ store });
    const two = await openBackend({ store, masterKey: Buffer.alloc(32, 9).toString('hex') });
    await one.saveImage(cat);
    await failure('MASTER_KEY_MISMATCH', () => two.saveImage(cat));
  });

  test('a store of the user own needs a key of the user own', async () => {
    await failure('MASTER_KEY_REQUIRED', () =>
      createPixstoreBackend({ store: createMemoryStore(), defaultEndpointEnabled: false }),
    );
  });
});

describe('a backend', () => {
  test('cannot share its port: ready says which host and port are taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const backend = await openBackend({
      defaultEndpointEnabled: true,
      defaultEndpointListenHost: '127.0.0.1',
      defaultEndpointListenPort: port,
    });
    const error = await failure('PORT_IN_USE', () => backend.ready);
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(backend.address()).toBeNull();
    expect(await backend.saveImage(cat)).not.toBeNull();
  });

  test('says when it cannot listen on a host', async () => {
    const backend = await openBackend({ defaultEndpointEnabled: true, defaultEndpointListenHost: '192.0.2.1' });
    await failure('LISTEN_FAILED', () => backend.ready);
  });

  test('finishes what is under way when it is closed, and refuses what comes later', async () => {
    const backend = await openBackend();
    const saves = ['cat.png', 'hubble.jpg', 'coffee.webp'].map((name) => backend.saveImage(photo(name)));
    const file = backend.saveImageFromFile(photoPath('retina.jpg'));
    await backend.close();
    for (const record of await Promise.all([...saves, file])) expect(record).not.toBeNull();
    await failure('BACKEND_CLOSED', () => backend.saveImage(cat));
    await failure('BACKEND_CLOSED', () => backend.getImageRecord('one'));
    await failure('BACKEND_CLOSED', () => backend.getImageRecords(['one']));
    await backend.close();
  });

  test('refuses a custom endpoint while the default one is open', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    const backend = await openBackend({ defaultEndpointEnabled: true, defaultEndpointListenPort: port });
    await backend.ready;
    await failure('ENDPOINT_ENABLED', () => backend.customEndpointHelper('one', 1, 'proof'));
  });

  test('warns once when proofs are switched off, and then serves without', async () => {
    const logger = quietLogger();
    const backend = await openBackend({ statelessKeyWindowLength: -1, logger });
    const record = await backend.saveImage(cat);
    for (const proof of [undefined, '', 'wrong']) {
      const payload = await backend.customEndpointHelper(record?.id, record?.token, proof);
      expect(payload?.[0]).toBe(WirePayloadState.Success);
    }
    expect(logger.lines.filter((line) => line.includes('statelessKeyWindowLength is -1'))).toHaveLength(1);
  });

  test.each([
    [{ imageFormats: ['svg'] }, 'imageFormats'],
    [{ stripMetadata: 'always' }, 'stripMetadata'],
    [{ maxPixels: 0 }, 'maxPixels'],
    [{ maxFrames: 1.5 }, 'maxFrames'],
    [{ imageFormats: [] }, 'imageFormats'],
    [{ imageRootDir: '' }, 'imageRootDir'],
    [{ databasePath: ' ' }, 'databasePath'],
    [{ maxImageBytes: 0 }, 'maxImageBytes'],
    [{ masterKey: 7 }, 'masterKey'],
    [{ masterKey: [] }, 'masterKey'],
    [{ masterKey: undefined }, 'masterKey'],
    [{ rateLimit: { limiter: { consume() {} }, clientof: () => 'a' } }, 'rateLimit'],
    [{ statelessKeyWindowLength: 0 }, 'statelessKeyWindowLength'],
    [{ statelessKeyWindowLength: -2 }, 'statelessKeyWindowLength'],
    [{ statelessKeyWindowLength: 1.5 }, 'statelessKeyWindowLength'],
    [{ defaultEndpointEnabled: 'yes' }, 'defaultEndpointEnabled'],
    [{ defaultEndpointListenHost: '' }, 'defaultEndpointListenHost'],
    [{ defaultEndpointListenPort: 0 }, 'defaultEndpointListenPort'],
    [{ defaultEndpointListenPort: 70_000 }, 'defaultEndpointListenPort'],
    [{ defaultEndpointRoute: 'images' }, 'defaultEndpointRoute'],
    [{ accessControlAllowOrigin: 'app.example.com' }, 'accessControlAllowOrigin'],
    [{ accessControlAllowOrigin: [] }, 'accessControlAllowOrigin'],
    [{ accessControlAllowOrigin: 'https://a\r\nX: y' }, 'accessControlAllowOrigin'],
    [{ errorHandlingMode: 'loud' }, 'errorHandlingMode'],
    [{ store: {} }, 'store'],
    [{ now: 7 }, 'now'],
    [{ randomBytes: 7 }, 'randomBytes'],
    [{ logger: {} }, 'logger'],
    [{ imageRootdir: 'x' }, 'imageRootDir'],
    [{ port: 80 }, 'port'],
  ])('refuses %j, naming the option, and makes no file', async (config, name) => {
    const { readdir } = await import('node:fs/promises');
    const folder = await temporaryFolder();
    const given = { databasePath: join(folder, 'db'), imageRootDir: join(folder, 'images'), ...config };
    const error = await failure('CONFIG_INVALID', () => createPixstoreBackend(given as BackendConfig));
    expect(error.message).toContain(name);
    expect(getLastPixstoreError()).toBe(error);
    expect(await readdir(folder)).toEqual([]);
  });
});
