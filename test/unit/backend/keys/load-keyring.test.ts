import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createKeyFile, readKeyFile } from '../../../../src/backend/keys/key-file.js';
import { loadKeyring, requireKeys } from '../../../../src/backend/keys/load-keyring.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';

const keys = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString('hex')) as [string, string, string];
const ids = keys.map((key) => deriveMasterKey(Buffer.from(key, 'hex')).id);
const silent = { announce: () => {} };
const idsOf = (keyring: readonly { id: string }[]) => keyring.map(({ id }) => id);

describe('where master keys come from', () => {
  test('the option goes before the environment, the environment before the key file', async () => {
    const path = join(await temporaryFolder(), 'db.key');
    writeFileSync(path, `${keys[2]}\n`);
    const keyFile = { path, storeHasKeys: true };
    const all = { masterKey: keys[0], environment: keys[1], keyFile, ...silent };
    expect(idsOf(loadKeyring(all))).toEqual([ids[0]]);
    expect(idsOf(loadKeyring({ ...all, masterKey: undefined }))).toEqual([ids[1]]);
    expect(idsOf(loadKeyring({ keyFile, environment: '', ...silent }))).toEqual([ids[2]]);
  });

  test('lists keep their order, in the option and in the environment', () => {
    expect(idsOf(loadKeyring({ masterKey: [keys[2], keys[0]], ...silent }))).toEqual([ids[2], ids[0]]);
    expect(idsOf(loadKeyring({ environment: `${keys[1]}, ${keys[0]}`, ...silent }))).toEqual([ids[1], ids[0]]);
  });

  test('a store of the user own has no key file to fall back on', () =>
    failure('MASTER_KEY_REQUIRED', () => loadKeyring(silent)));

  test('a missing key file is made once, for its owner only, and announced in one line', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, '.db.key');
    const said: string[] = [];
    const load = () =>
      loadKeyring({ keyFile: { path, storeHasKeys: false }, announce: (line) => void said.push(line) });
    const first = load();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/\.db\.key.*back it up/);
    expect(said[0]).not.toContain(folder);
    expect(said[0]).not.toContain(readFileSync(path, 'utf8').trim());
    expect(idsOf(load())).toEqual(idsOf(first));
    expect(said).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['.db.key']);
  });

  test('a lost key file is never replaced by a new key', async () => {
    const folder = await temporaryFolder();
    const keyFile = { path: join(folder, 'db.key'), storeHasKeys: true };
    const error = await failure('MASTER_KEY_MISSING', () => loadKeyring({ keyFile, ...silent }));
    expect(error.message).toMatch(/db\.key.*backup/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a key file that was cut off or is a folder is refused and left as it is', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'db.key');
    writeFileSync(path, keys[0].slice(0, 20));
    await failure('MASTER_KEY_INVALID', () => loadKeyring({ keyFile: { path, storeHasKeys: false }, ...silent }));
    expect(readFileSync(path, 'utf8')).toBe(keys[0].slice(0, 20));
    writeFileSync(path, '\n');
    await failure('MASTER_KEY_INVALID', () => readKeyFile(path));
    await failure('MASTER_KEY_INVALID', () => readKeyFile(folder));
  });

  test('of two processes that make the key file at once, one wins and both read its key', async () => {
    const path = join(await temporaryFolder(), 'db.key');
    expect(createKeyFile(path)).toBe(true);
    const [winner] = readKeyFile(path) ?? [];
    expect(createKeyFile(path)).toBe(false);
    expect(readKeyFile(path)?.[0].id).toBe(winner?.id);
  });

  test('a folder that cannot be written is said', async () => {
    const path = join(await temporaryFolder(), 'missing', 'db.key');
    await failure('STORAGE_FAILED', () => createKeyFile(path));
  });

  test('every key a store was sealed with must be there', async () => {
    const keyring = loadKeyring({ masterKey: keys.slice(0, 2), ...silent });
    requireKeys([], keyring);
    requireKeys([ids[1] as string, ids[0] as string], keyring);
    await failure('MASTER_KEY_MISMATCH', () => requireKeys([ids[0] as string, ids[2] as string], keyring));
  });
});
