import type { Logger } from '../../shared/errors/gate.js';
import { createLifecycle } from '../../shared/lifecycle.js';
import { andThen, recover } from '../../shared/maybe-promise.js';
import {
  type BackupReport,
  type ImageStore,
  type LeftoverOptions,
  type MaybePromise,
  type StoreProblem,
  storeClosed,
} from '../port.js';
import { createErasing } from './erasing.js';
import { createGivenUp } from './given-up.js';
import type { Identity } from './identity.js';
import { createLeftovers, findMissing } from './leftovers.js';
import { createPartReader } from './part-reader.js';
import { createPut } from './put.js';
import type { RowStore, RowVersion } from './row-store.js';
import type { SessionBlobs } from './session-blobs.js';
import { createSessions } from './sessions.js';
import type { AsError } from './split-errors.js';

/** What a store is made of. */
export interface StoreParts {
  rows: RowStore;
  blobs: SessionBlobs;
  identity: Identity;
  asError: AsError;
  /** Opens rows and blobs, when that was not done before; a failure is not remembered. */
  open?(): MaybePromise<void>;
  /** In ms: see `SplitStoreOptions`. */
  sweepAge: number;
  now(): number;
  logger: Logger;
  /** Called when nothing is under way any more. */
  close(): Promise<void>;
  /** Left out by stores that are backed up by other means. */
  backup?(folder: string): Promise<BackupReport>;
}

// So that a short sweepAge does not make every save begin anew.
const shortestSession = 60_000; // ms

/**
 * The order of things, for every store of rows and blobs: a version's blobs are durable before its rows are committed, and
 * the blobs of the version before it go after. Whatever moment a crash picks, the rows name a version that is whole.
 */
export function assembleStore({ rows, blobs, identity, asError, sweepAge, logger, ...parts }: StoreParts): ImageStore {
  const time = () => Math.floor(parts.now());
  const lifecycle = createLifecycle(storeClosed);
  const reader = createPartReader(rows, blobs, asError);
  const givenUp = createGivenUp({ rows, blobs, identity });
  const sessions = createSessions({
    async begin(session, begun) {
      await identity.beginSession();
      await rows.beginSession({ id: session, begun });
      try {
        await blobs.makeSession(session);
      } catch (error) {
        await abandon(session).catch(() => {}); // a sweep will
        throw error;
      }
    },
    end: async (session) => rows.endSessions([session], time()),
    now: parts.now,
    maxAge: Math.max(sweepAge, shortestSession),
  });
  const put = createPut({ blobs, sessions, givenUp, identity, inlineUpTo: rows.inlineUpTo });
  const erasing = createErasing(rows, givenUp);
  const findLeftovers = createLeftovers({ rows, blobs, identity, time, abandonedAge: 2 * sweepAge, logger });
  const { backup } = parts;
  const { parts: listParts } = rows;

  /** A session that nothing was written in, since it could not be made. */
  async function abandon(session: string): Promise<void> {
    if (await blobs.unmakeSession(session)) await rows.forgetSession(session);
    else await rows.endSessions([session], time());
  }

  let isOpen = parts.open === undefined;
  let opening: MaybePromise<void>;

  function open(): MaybePromise<void> {
    opening ??= recover(
      () => andThen(parts.open?.(), begin),
      (error) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  function begin(): void {
    isOpen = true;
    // Nobody waits for it, and it may fail: the folders' keys are gone, and the next opening or sweep tries again.
    run('go on with erasing', erasing.resume).catch(() => {});
  }

  /** Runs work so that `close` waits for it, and gives its errors a code. */
  function run<Result>(name: string, work: () => MaybePromise<Result>): Promise<Result> {
    return lifecycle.track(async () => {
      try {
        const opening = isOpen ? undefined : open();
        if (opening) await opening;
        return await work();
      } catch (error) {
        throw asError(error, name);
      }
    });
  }

  /** Reads at once where that is possible, and then throws at once, too; else `close` waits for it. */
  function read<Found>(name: string, find: () => MaybePromise<Found>): MaybePromise<Found> {
    lifecycle.requireOpen();
    try {
      if (!isOpen && open()) return run(name, async () => find());
      const found = find();
      return found instanceof Promise ? run(name, () => found) : found;
    } catch (error) {
      throw asError(error, name);
    }
  }

  const lookUp = <Found>(find: () => MaybePromise<Found>) => read('look up an image', find);

  /** A walk that is begun when the store is open, and whose errors have a code. */
  async function* walk<Item>(name: string, items: () => AsyncIterable<Item>): AsyncGenerator<Item> {
    lifecycle.requireOpen();
    try {
      if (!isOpen) await open();
      for await (const item of items()) {
        yield item;
        lifecycle.requireOpen();
      }
    } catch (error) {
      throw asError(error, name);
    }
  }

  const folderUsage = (folder: string) => rows.folderUsage?.(folder) ?? { images: 0, bytes: 0 };

  async function findProblems(): Promise<StoreProblem[]> {
    const problems: StoreProblem[] = [];
    for await (const problem of findMissing(rows, blobs)) problems.push(problem);
    for await (const problem of findLeftovers()) problems.push(problem);
    return problems;
  }

  async function* leftovers(options: LeftoverOptions = {}): AsyncGenerator<StoreProblem> {
    if (options.remove) await erasing.resume();
    yield* findLeftovers(options);
  }

  if (isOpen) begin();

  return {
    supports: rows.supports,
    put: (version, expectedToken) =>
      run('save an image', async () => {
        const keepRows = (row: RowVersion) => rows.put(row, expectedToken);
        return (await put({ ...version, keepRows })) !== null;
      }),
    addParts: (id, token, added, quota) =>
      run('add to an image', async () => {
        const done = await put({ id, token, parts: added, quota, keepRows: (row) => rows.addParts(row) });
        return done && [...(done.added ?? [])];
      }),
    open: (id, variant, options) => read('read an image', () => reader.open(id, variant, options)),
    ...(!rows.supports.syncRecords && {
      find: (id: string, variant?: string) => lookUp(() => reader.find(id, variant)),
    }),
    record: (id, variant, asOf) => lookUp(() => rows.record(id, variant, asOf)),
    records: (names) => lookUp(() => rows.records(names)),
    version: (id) => lookUp(() => rows.version(id)),
    remove: (id) =>
      run('remove an image', async () => {
        const blobsOfIt = await rows.remove(id);
        if (blobsOfIt) await givenUp.remove(blobsOfIt);
        return blobsOfIt !== null;
      }),
    list: (prefix, after) => walk('list images', () => rows.list(prefix, after)),
    ...(listParts && { parts: () => walk('read images', () => reader.parts(listParts())) }),
    sealedKeys: () => walk('list keys', () => rows.sealedKeys()),
    reseal: (changes) => run('seal keys anew', () => rows.reseal(changes)),
    lastRemovedToken: () => lookUp(() => rows.lastRemovedToken()),

    keyRing: () => lookUp(() => rows.keyRing()),
    putKeyRing: (bytes, expectedVersion) => run('keep the key ring', () => rows.putKeyRing(bytes, expectedVersion)),
    masterKeyIds: () => lookUp(() => rows.masterKeyIds?.() ?? []),
    folderKey: (folder) => lookUp(() => rows.folderKey(folder)),
    folderKeys: () => walk('list keys', () => rows.folderKeys()),
    addFolderKey: (key, ringVersion) => run('add a key', () => rows.addFolderKey(key, ringVersion)),
    destroyFolderKeys: (keys) => run('destroy keys', () => rows.destroyFolderKeys(keys)),
    eraseFolder: (folder) => run('erase a folder', () => erasing.erase(folder)),

    usage: () => lookUp(() => rows.usage()),
    ...(rows.folderUsage && { folderUsage: (folder: string) => lookUp(() => folderUsage(folder)) }),
    check: () => run('check the images', findProblems),
    missing: ({ onPart } = {}) => walk('check the images', () => findMissing(rows, blobs, onPart)),
    leftovers: (options) => walk('look for leftovers', () => leftovers(options)),
    sweep: ({ all = false } = {}) =>
      run('sweep leftovers', async () => {
        let removed = 0;
        for await (const { kind } of leftovers({ remove: true, all })) if (kind === 'leftover') removed += 1;
        return removed;
      }),
    health: () => run('look at the store', () => identity.health(reader.missing())),
    ...(backup && { backup: (folder: string) => run('make a backup', () => backup(folder)) }),
    adopt: () => run('adopt the database', () => identity.adopt()),

    close: () =>
      lifecycle.close(async () => {
        await reader.close();
        await sessions.close();
        await parts.close();
      }),
  };
}
