import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readBackendConfig } from '../../src/backend/face/config.js';
import { checkEndpoint } from '../../src/backend/face/diagnosis/network.js';
import { checkNode, offBy } from '../../src/backend/face/diagnosis/surroundings.js';
import {
  type BackendConfig,
  createMemoryStore,
  diagnose,
  type Finding,
  type ImageProcessing,
} from '../../src/backend/index.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { masterKey, openBackend } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { temporaryFolder } from '../support/folders.js';
import { photo } from '../support/photos.js';
import { placeStore3, stateOf } from '../support/store-3.js';

/** Paths of a folder, and options that nothing is wrong with. */
const wellIn = (folder: string, config: BackendConfig = {}): BackendConfig => ({
  databasePath: join(folder, 'images.sqlite'),
  imageRootDir: join(folder, 'images'),
  masterKey,
  defaultEndpointEnabled: false,
  accessControlAllowOrigin: 'https://app.example.com',
  lowDisk: { bytes: 0 },
  ...config,
});

/** What is not well, by what was looked at. */
async function troubles(config: BackendConfig, url?: string): Promise<Record<string, string>> {
  const findings = await diagnose(config, url === undefined ? {} : { url });
  const odd = findings.filter(({ status }) => status !== 'ok');
  for (const { message } of findings) expect(message).toMatch(/^[A-Z].*\.$/s);
  return Object.fromEntries(
    odd.map(({ check, status, message, advice }) => [check, `${status}: ${message} ${advice ?? ''}`]),
  );
}

/** A folder with a store that has an image in a file. */
async function folderWithStore(): Promise<string> {
  const backend = await openBackend();
  await backend.saveImage(photo('cat.png'));
  await backend.close();
  return backend.folder;
}

describe('a diagnosis', () => {
  test('of a store that is well finds nothing, and changes nothing', async () => {
    const folder = await folderWithStore();
    const names = () => Object.keys(stateOf(folder)).filter((name) => !/-(wal|shm)$/.test(name));
    const before = names();
    expect(await troubles(wellIn(folder))).toEqual({});
    expect(names()).toEqual(before);
    const empty = await temporaryFolder();
    expect(await troubles(wellIn(empty))).toEqual({});
    expect(readdirSync(empty)).toEqual([]);
  });

  test('may be made beside a backend that has the store open', async () => {
    const backend = await openBackend();
    await backend.saveImage(photo('cat.png'));
    expect(await troubles(wellIn(backend.folder))).toEqual({});
    await backend.saveImage(photo('cat.png'));
  });

  test('says what was looked at', async () => {
    const findings = await diagnose(wellIn(await folderWithStore()));
    expect(findings.map(({ check }) => check)).toEqual([
      ...['node', 'options', 'sqlite', 'database', 'folder', 'disk', 'key', 'key-place', 'clock'],
      ...['endpoint', 'origins', 'proofs', 'processing'],
    ]);
  });
});

describe('what is wrong with files', () => {
  test('a database of pixstore 3.x, of another program, of a newer pixstore, or none at all', async () => {
    const { from } = await placeStore3();
    expect((await troubles(wellIn('', { databasePath: from.database }))).database).toContain('migrate --from-v3');
    const folder = await folderWithStore();
    const config = wellIn(folder);
    const change = (sql: string) => {
      const database = findDriver()(String(config.databasePath));
      database.exec(sql);
      database.close();
    };
    change('PRAGMA user_version = 2');
    expect((await troubles(config)).database).toMatch(/^warning: An older pixstore/);
    change('PRAGMA user_version = 99');
    expect((await troubles(config)).database).toMatch(/^wrong: A newer pixstore/);
    change('PRAGMA application_id = 1');
    expect((await troubles(config)).database).toMatch(/^wrong: The database belongs to another program/);
    writeFileSync(String(config.databasePath), 'no database '.repeat(100));
    expect((await troubles(config)).database).toMatch(/^wrong: The file at databasePath cannot be read/);
  });

  test.skipIf(process.platform === 'win32')('what others may read', async () => {
    const folder = await folderWithStore();
    chmodSync(join(folder, 'images.sqlite'), 0o644);
    chmodSync(join(folder, 'images'), 0o755);
    const found = await troubles(wellIn(folder));
    expect(found.database).toContain('chmod 600');
    expect(found.folder).toContain('chmod 700');
  });

  test('a folder of images that is gone, or is none', async () => {
    const folder = await folderWithStore();
    rmSync(join(folder, 'images'), { recursive: true });
    expect((await troubles(wellIn(folder))).folder).toMatch(/^wrong: There is no imageRootDir, and the database/);
    writeFileSync(join(folder, 'images'), '');
    expect((await troubles(wellIn(folder))).folder).toMatch(/^wrong: What is at imageRootDir is no folder/);
  });

  test('a disk that is nearly full', async () => {
    const folder = await folderWithStore();
    const lowDisk = { bytes: Number.MAX_SAFE_INTEGER, percent: 100 };
    expect((await troubles(wellIn(folder, { lowDisk }))).disk).toMatch(/^warning: The disk of imageRootDir has/);
  });
});

describe('what is wrong with keys', () => {
  const withoutKey = (folder: string, config: BackendConfig = {}) => {
    const { masterKey: _, ...others } = wellIn(folder, config);
    return others;
  };

  test('another key, none, one that is no key, or a file that others may read', async () => {
    const folder = await folderWithStore();
    const other = Buffer.alloc(32, 9).toString('base64');
    expect((await troubles(wellIn(folder, { masterKey: other }))).key).toMatch(/^wrong: The master key is not the one/);
    expect((await troubles(wellIn(folder, { masterKey: [other, masterKey] }))).key).toBeUndefined();
    const short = await troubles(wellIn(folder, { masterKey: 'c2hvcnQ=' }));
    expect(short.key).toMatch(/^wrong: /);
    expect(short.key).not.toContain('c2hvcnQ=');
    expect((await troubles(withoutKey(folder))).key).toContain('there is no master key');
    const keyFilePath = join(await temporaryFolder(), 'master.key');
    expect((await troubles(withoutKey(await temporaryFolder(), { keyFile: 'require', keyFilePath }))).key).toMatch(
      /^wrong: /,
    );
    writeFileSync(keyFilePath, masterKey, { mode: 0o644 });
    if (process.platform !== 'win32')
      expect((await troubles(withoutKey(folder, { keyFilePath }))).key).toContain('chmod 600');
    chmodSync(keyFilePath, 0o600);
    expect(await troubles(withoutKey(folder, { keyFilePath }))).toEqual({});
  });

  test('a key file beside the data, or among the images', async () => {
    const folder = await folderWithStore();
    writeFileSync(join(folder, 'images.sqlite.key'), masterKey, { mode: 0o600 });
    const beside = await troubles(withoutKey(folder));
    expect(beside['key-place']).toMatch(/^warning: The key file has its place beside the database/);
    mkdirSync(join(folder, 'images/deep'));
    const keyFilePath = join(folder, 'images/deep/master.key');
    copyFileSync(join(folder, 'images.sqlite.key'), keyFilePath);
    chmodSync(keyFilePath, 0o600);
    expect((await troubles(withoutKey(folder, { keyFilePath })))['key-place']).toMatch(
      /^wrong: The key file is in the folder/,
    );
  });
});

describe('what is wrong around it', () => {
  test('http, all origins, no proofs', async () => {
    const folder = await folderWithStore();
    const { accessControlAllowOrigin: _, ...open } = wellIn(folder, {
      defaultEndpointEnabled: true,
      statelessKeyWindowLength: -1,
    });
    const found = await troubles(open, 'http://images.example.com/pixstore-image');
    expect(found.endpoint).toMatch(/^wrong: Pages reach the endpoint by http/);
    expect(found.origins).toMatch(/^warning: Pages of all origins/);
    expect(found.proofs).toMatch(/^warning: Proofs are switched off/);
    expect((await troubles(open)).endpoint).toMatch(/^warning: The default endpoint speaks http/);
    expect((await troubles(open, 'http://localhost:7482/pixstore-image')).endpoint).toBeUndefined();
    expect((await troubles(open, 'no url')).endpoint).toMatch(/^wrong: The URL/);
    const nobody = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => nobody.once('listening', resolve));
    onTestFinished(() => void nobody.close());
    const { port } = nobody.address() as AddressInfo;
    // It speaks no TLS.
    expect((await troubles(open, `https://127.0.0.1:${port}/`)).endpoint).toMatch(
      /^wrong: The endpoint does not answer \(/,
    );
  });

  test('a clock that is not that of the disk, or was set back', async () => {
    const folder = await folderWithStore();
    const late = await troubles(wellIn(folder, { now: () => Date.now() + 3_600_000 }));
    expect(late.clock).toMatch(/^wrong: The clock is 3600 s off that of the disk/);
    const backend = await openBackend({
      databasePath: join(folder, 'images.sqlite'),
      imageRootDir: join(folder, 'images'),
    });
    await backend.saveImage(photo('cat.png'), { id: 'late' });
    await backend.deleteImage('late');
    await backend.close();
    const early = await troubles(wellIn(folder, { now: () => 1_000_000_000_000 }));
    expect(early.clock).toMatch(/^warning: The clock is behind one that this store has seen/);
    expect(offBy(7.4, 'x').message).toBe('The clock is 7 s off that of x.');
    utimesSync(folder, 1, 1); // what others write there does not matter
    expect((await troubles(wellIn(folder))).clock).toBeUndefined();
  });

  test('a Node that is too old', () => {
    expect(checkNode('18.20.0').status).toBe('wrong');
    expect(checkNode('20.18.9').status).toBe('wrong');
    for (const version of ['20.19.0', '22.0.0', '24.1.0']) expect(checkNode(version).status).toBe('ok');
  });

  test('processing that cannot be done', async () => {
    const processing: ImageProcessing = {
      definitions: () => new Map([['thumb', 'a']]),
      placeholders: false,
      convert: () => null,
      process: () => Promise.reject(new Error('no sharp here')),
    };
    expect((await troubles(wellIn(await folderWithStore(), { processing }))).processing).toMatch(/^wrong: /);
  });

  test('options that are none, and a store that does not answer', async () => {
    const wrong = await diagnose({ databasePaht: 'x' } as BackendConfig);
    expect(wrong.at(-1)).toMatchObject({ check: 'options', status: 'wrong' } satisfies Partial<Finding>);
    await failure('CONFIG_INVALID', () => diagnose({}, { url: 5 } as never));
    const store = createMemoryStore();
    const { databasePath: _, imageRootDir: __, ...on } = wellIn('', { store });
    expect(await troubles(on)).toEqual({});
    const down = { ...store, usage: () => Promise.reject(new Error('secret host')), health: undefined };
    const found = await troubles({ ...on, store: () => down as never });
    expect(found.store).toMatch(/^wrong: /);
    expect(found.store).not.toContain('secret host');
    const options = readBackendConfig({ ...on, defaultEndpointEnabled: true, defaultEndpointListenHost: '127.0.0.1' });
    expect((await checkEndpoint(options, undefined)).status).toBe('ok');
  });
});
