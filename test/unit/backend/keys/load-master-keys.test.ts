import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createKeyFile, readKeyFile } from '../../../../src/backend/keys/key-file.js';
import { requireKeys } from '../../../../src/backend/keys/key-set.js';
import {
  givenMasterKeys,
  type KeyFileOptions,
  type KeySources,
  masterKeysFromFile,
} from '../../../../src/backend/keys/load-master-keys.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';

const keys = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString('hex')) as [string, string, string];
const ids = keys.map((key) => deriveMasterKey(Buffer.from(key, 'hex')).id);
const silent = { announce: () => {} };

interface Sources extends KeySources {
  keyFile?: Pick<KeyFileOptions, 'path' | 'storeHasKeys'>;
  mayMake?: boolean;
  announce(message: string): void;
}

/** As a backend does it, with a key file where it has one. */
function loadMasterKeys({ keyFile, mayMake = true, announce, ...given }: Sources) {
  const masterKeys = givenMasterKeys({ ...given, mayHaveFile: keyFile !== undefined });
  return (
    masterKeys ??
    masterKeysFromFile({ ...(keyFile as Pick<KeyFileOptions, 'path' | 'storeHasKeys'>), mayMake, announce })
  );
}

/** Whatever the umask. */
function writeKeyFile(path: string, content: string, mode = 0o600): void {
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const idsOf = (masterKeys: readonly { id: string }[]) => masterKeys.map(({ id }) => id);

describe('where master keys come from', () => {
  test('the option goes before the environment, the environment before the key file', async () => {
    const path = join(await temporaryFolder(), 'db.key');
    writeKeyFile(path, `${keys[2]}\n`);
    const keyFile = { path, storeHasKeys: true };
    const all = { masterKey: keys[0], environment: keys[1], keyFile, ...silent };
    expect(idsOf(loadMasterKeys(all))).toEqual([ids[0]]);
    expect(idsOf(loadMasterKeys({ ...all, masterKey: undefined }))).toEqual([ids[1]]);
    expect(idsOf(loadMasterKeys({ keyFile, environment: undefined, ...silent }))).toEqual([ids[2]]);
  });

  test('lists keep their order, in the option and in the environment', () => {
    expect(idsOf(loadMasterKeys({ masterKey: [keys[2], keys[0]], ...silent }))).toEqual([ids[2], ids[0]]);
    expect(idsOf(loadMasterKeys({ environment: `${keys[1]}, ${keys[0]}`, ...silent }))).toEqual([ids[1], ids[0]]);
  });

  test.each(['', ' ', '\n', ',', ', ,', `${keys[0]},`, `,${keys[0]}`, `${keys[0]},,${keys[1]}`])(
    'PIXSTORE_MASTER_KEY set to %j is refused, and no key file is made',
    async (environment) => {
      const folder = await temporaryFolder();
      const keyFile = { path: join(folder, 'db.key'), storeHasKeys: false };
      const error = await failure('MASTER_KEY_INVALID', () => loadMasterKeys({ environment, keyFile, ...silent }));
      expect(error.message).toMatch(/PIXSTORE_MASTER_KEY is there, but empty/);
      expect(await readdir(folder)).toEqual([]);
      await failure('MASTER_KEY_INVALID', () => loadMasterKeys({ environment, ...silent }));
      expect(idsOf(loadMasterKeys({ masterKey: keys[2], environment, keyFile, ...silent }))).toEqual([ids[2]]);
    },
  );

  test('a store of the user own has no key file to fall back on', () =>
    failure('MASTER_KEY_REQUIRED', () => loadMasterKeys(silent)));

  test('a missing key file is not made where one is required', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'db.key');
    const keyFile = { path, storeHasKeys: false };
    const error = await failure('MASTER_KEY_MISSING', () => loadMasterKeys({ keyFile, mayMake: false, ...silent }));
    expect(error.message).toContain('keyFile');
    expect(await readdir(folder)).toEqual([]);
    writeKeyFile(path, `${keys[0]}\n`);
    expect(idsOf(loadMasterKeys({ keyFile, mayMake: false, ...silent }))).toEqual([ids[0]]);
  });

  test('a missing key file is made once, for its owner only, and announced in one line', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, '.db.key');
    const said: string[] = [];
    const load = () =>
      loadMasterKeys({ keyFile: { path, storeHasKeys: false }, announce: (line) => void said.push(line) });
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
    const error = await failure('MASTER_KEY_MISSING', () => loadMasterKeys({ keyFile, ...silent }));
    expect(error.message).toMatch(/db\.key.*backup/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a key file that was cut off or is a folder is refused and left as it is', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'db.key');
    writeKeyFile(path, keys[0].slice(0, 20));
    await failure('MASTER_KEY_INVALID', () => loadMasterKeys({ keyFile: { path, storeHasKeys: false }, ...silent }));
    expect(readFileSync(path, 'utf8')).toBe(keys[0].slice(0, 20));
    writeKeyFile(path, '\n');
    await failure('MASTER_KEY_INVALID', () => readKeyFile(path));
    await failure('MASTER_KEY_INVALID', () => readKeyFile(folder));
  });

  test.each(['640', '604', '660', '620', '601', '644', '777'])(
    'a key file of mode %s, which others may use, is refused with what to do',
    async (mode) => {
      const path = join(await temporaryFolder(), 'db.key');
      writeKeyFile(path, keys[0], Number.parseInt(mode, 8));
      const error = await failure('MASTER_KEY_INVALID', () =>
        loadMasterKeys({ keyFile: { path, storeHasKeys: false }, ...silent }),
      );
      expect(error.message).toContain(`its mode is ${mode}`);
      expect(error.message).toMatch(/chmod 600.*PIXSTORE_MASTER_KEY/);
      expect(error.message).not.toContain(path);
      chmodSync(path, 0o600);
      expect(readKeyFile(path)?.[0].id).toBe(ids[0]);
    },
  );

  test('a key file is judged where a link to it leads', async () => {
    const folder = await temporaryFolder();
    const [path, secret] = [join(folder, 'db.key'), join(folder, 'secret')];
    writeKeyFile(secret, keys[0], 0o400);
    symlinkSync(secret, path);
    expect(readKeyFile(path)?.[0].id).toBe(ids[0]);
    chmodSync(secret, 0o444);
    await failure('MASTER_KEY_INVALID', () => readKeyFile(path));
  });

  test.runIf(process.geteuid?.() === 0)('a key file of another user is refused', async () => {
    const path = join(await temporaryFolder(), 'db.key');
    writeKeyFile(path, keys[0]);
    chownSync(path, 12_345, 12_345);
    const error = await failure('MASTER_KEY_INVALID', () => readKeyFile(path));
    expect(error.message).toMatch(/another user/);
  });

  test('what is no file, or has more than a key file can have, is not read', async () => {
    const folder = await temporaryFolder();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    await failure('MASTER_KEY_INVALID', () => readKeyFile(pipe));
    const path = join(folder, 'db.key');
    writeKeyFile(path, `${keys[0]}\n`);
    truncateSync(path, 2 ** 40); // sparse: it takes no room
    const error = await failure('MASTER_KEY_INVALID', () => readKeyFile(path));
    expect(error.message).toContain('a file of 1099511627776 bytes');
  });

  test.each(['0'.repeat(64), 'A'.repeat(43), `${'A'.repeat(43)}=`, 'f'.repeat(64), `${'/'.repeat(42)}8=`])(
    'the blank key %s is taken from nowhere',
    async (blank) => {
      const path = join(await temporaryFolder(), 'db.key');
      writeKeyFile(path, `${blank}\n`);
      const sources = [
        { masterKey: blank },
        { masterKey: [keys[0], blank] },
        { environment: blank },
        { environment: `${keys[0]},${blank}` },
        { keyFile: { path, storeHasKeys: true } },
      ];
      for (const source of sources) {
        const error = await failure('MASTER_KEY_INVALID', () => loadMasterKeys({ ...source, ...silent }));
        expect(error.message).toMatch(/is blank.*openssl rand -base64 32/);
        expect(error.message).not.toContain(blank);
      }
    },
  );

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
    const masterKeys = loadMasterKeys({ masterKey: keys.slice(0, 2), ...silent });
    requireKeys([], idsOf(masterKeys));
    requireKeys([ids[1] as string, ids[0] as string], idsOf(masterKeys));
    await failure('MASTER_KEY_MISMATCH', () => requireKeys([ids[0] as string, ids[2] as string], idsOf(masterKeys)));
  });
});
