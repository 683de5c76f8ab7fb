import { dirname, resolve } from 'node:path';
import { readCallOptions } from '../../../shared/call-options.js';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { requireLowDisk } from '../../../stores/local/free-space.js';
import { type LookedAt, lookAtDatabase } from '../../../stores/local/look.js';
import type { MasterKeys } from '../../keys/master-key.js';
import { healthOf } from '../../upkeep.js';
import { type BackendConfig, type CheckedOptions, givenStore, masterKeysOf, readBackendConfig } from '../config.js';
import { type CheckName, type Finding, failed, ok, type Said } from './finding.js';
import { checkKey, checkKeyPlace, type KeyPlaces } from './keys.js';
import { checkEndpoint, checkOrigins, checkProofs } from './network.js';
import { checkDatabase, checkDisk, checkFolder, nearest } from './places.js';
import { checkClock, checkNode, checkProcessing, checkSqlite } from './surroundings.js';

/** What cannot be told by the options of a backend. */
export interface DiagnosisOptions {
  /** Of the endpoint, as pages have it. It is asked once. */
  url?: string;
}

/**
 * Looks for what is often wrong: with this machine, the store's files, the master key, and how images are served. Nothing
 * is made or changed, but for a file in the folder of images that is gone at once, to see what time it is there; and a
 * backend need not be running.
 *
 * @param config - the options of the backend
 * @returns a finding for each thing that was looked at
 * @example
 * for (const { status, message, advice } of await diagnose({ databasePath: 'data/images.sqlite' })) {
 *   if (status !== 'ok') console.error(message, advice);
 * }
 */
export async function diagnose(config: BackendConfig = {}, asked: DiagnosisOptions = {}): Promise<Finding[]> {
  const url = readUrl(asked);
  const findings: Finding[] = [];
  const check: Check = async (name, say) => {
    findings.push({ check: name, ...(await saidBy(say)) });
  };
  await check('node', () => checkNode());
  let options: CheckedOptions;
  try {
    options = readBackendConfig(config);
  } catch (error) {
    return [...findings, { check: 'options', ...failed(error) }];
  }
  await check('options', () => ok('All options are known, and in range.'));
  await (options.store === undefined ? checkLocal(options, check) : checkGiven(options, check));
  await check('endpoint', () => checkEndpoint(options, url));
  await check('origins', () => checkOrigins(options));
  await check('proofs', () => checkProofs(options));
  await check('processing', () => checkProcessing(options.processing));
  return findings;
}

type Check = (name: CheckName, say: () => Said | Promise<Said>) => Promise<void>;

async function saidBy(say: () => Said | Promise<Said>): Promise<Said> {
  try {
    return await say();
  } catch (error) {
    return failed(error);
  }
}

/** @throws PixstoreError `CONFIG_INVALID` */
function readUrl(asked: DiagnosisOptions): string | undefined {
  const { url } = readCallOptions(asked, ['url'], 'diagnose');
  if (url === undefined || typeof url === 'string') return url;
  throw new PixstoreError('CONFIG_INVALID', 'The option "url" of diagnose must be a string, the URL of the endpoint.');
}

async function checkLocal(options: CheckedOptions, check: Check): Promise<void> {
  const [databasePath, imageRootDir] = [resolve(options.databasePath), resolve(options.imageRootDir)];
  await check('sqlite', checkSqlite);
  let looked: LookedAt;
  try {
    looked = lookAtDatabase(databasePath, options.busyTimeout);
  } catch {
    looked = { kind: 'none' }; // without SQLite, which was said already
  }
  await check('database', () => checkDatabase(databasePath, looked));
  await check('folder', () => checkFolder(imageRootDir, looked));
  const disks = [
    { folder: imageRootDir, name: 'imageRootDir' },
    { folder: dirname(databasePath), name: 'databasePath' },
  ];
  await check('disk', () => checkDisk(disks, requireLowDisk(options.lowDisk)));
  const places: KeyPlaces = {
    ...{ databasePath, imageRootDir, mayMake: options.keyFile === 'create' },
    keyFile: resolve(options.keyFilePath ?? `${databasePath}.key`),
  };
  let given: MasterKeys | null = null;
  await check('key', () => {
    given = masterKeysOf(options);
    return checkKey(given, places, looked);
  });
  await check('key-place', () => checkKeyPlace(given, places));
  await check('clock', () => checkClock(nearest(imageRootDir), looked, options.now));
}

/** Of a store of the application's own. One that was made for this is closed. */
async function checkGiven(options: CheckedOptions, check: Check): Promise<void> {
  await check('key', () => {
    masterKeysOf(options);
    return ok('There is a master key.');
  });
  await check('store', async () => {
    if (options.store === undefined) return ok('The store is the local one.');
    const store = givenStore(options.store);
    try {
      const { status, problems } = await healthOf(store);
      if (status === 'ok') return ok('The store answers, and is well.');
      return { status: status === 'failed' ? 'wrong' : 'warning', message: problems.join(' ') };
    } finally {
      if (typeof options.store === 'function') await store.close();
    }
  });
}
