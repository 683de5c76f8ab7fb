import { setImmediate as nextTurn } from 'node:timers/promises';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { FolderKey, ImageStore, StoreProblem } from '../../../stores/port.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';
import { createThrottle } from '../../images/rate.js';
import type { StoreKeys } from '../../keys/store-keys.js';
import type { CopiedImage } from '../copied-image.js';
import { createLiveSource, type IdRange, type LiveSource } from '../live-source.js';
import { createOpenedKeys } from '../opened-keys.js';
import { replaceBackupKeys } from './backup-keys.js';
import { createBackupWriter } from './backup-writer.js';
import { type BaseBackups, openBases } from './bases.js';
import { createImageReader } from './image-reader.js';
import type { BackUpOptions } from './options.js';
import { piecesIn } from './pieces.js';
import { newName, openPlace } from './place.js';
import { findUnchanged } from './unchanged.js';

/** How far a backup has come. */
export interface BackupProgress {
  /** `images`: a walk through all images; `keys`: the keys are replaced; `done`: the backup is whole. */
  step: 'images' | 'keys' | 'done';
  /** The backup's name; those of later ones are greater. */
  backup: string;
  /** Images that the walk has come by, and about how many there are. */
  done: number;
  total: number;
  /** Images of which something was written, and those that were in the backups of before. */
  copied: number;
  same: number;
  /** Bytes of ciphertext that were written, and that this backup holds. */
  bytes: number;
  held: number;
  /** What is damaged or missing in the store, and so in this backup. */
  problems: readonly StoreProblem[];
}

// Images that are read at once, within so many bytes.
const imagesAtOnce = 64;
const bytesAtOnce = 32 * 1024 * 1024;

const mostPasses = 5;

export interface BackUpSource {
  store: ImageStore;
  keys: StoreKeys;
}

/**
 * Backs a store up, while it goes on being used. What is in a backup of before is not read again.
 *
 * ```text
 *   ciphertexts ─► rows that name them ─► (a draft, now and then) ─► keys ─► head: the backup is whole
 * ```
 */
export async function* backUpStore(
  { store, keys }: BackUpSource,
  blobs: BlobStore,
  { signal, rate = {}, only }: BackUpOptions,
): AsyncGenerator<BackupProgress, void, void> {
  const place = openPlace(blobs);
  const { now, randomBytes } = keys.begin();
  const storeId = await keys.storeId();
  const { bases, number } = await openBases(place, storeId);
  const name = newName(number, randomBytes);
  const problems = new Map<string, StoreProblem>();
  const writer = createBackupWriter({ place, name, storeId, begun: Math.floor(now), bases, problems });
  const throttle = createThrottle({ rate, signal });
  const replaceKeys = () => replaceBackupKeys(place, { store, storeId }, randomBytes);
  let total = 0;

  const at = (step: BackupProgress['step']): BackupProgress => ({
    ...{ step, backup: name, total },
    ...writer.counts(),
    problems: [...problems.values()],
  });

  if (only === 'keys') {
    await replaceKeys();
    yield at('keys');
    return;
  }

  const present = await piecesIn(place);

  /** Walks through all images that may have changed. @returns folder keys that are in use */
  async function* walk(source: LiveSource, known: BaseBackups): AsyncGenerator<BackupProgress, Set<string>> {
    const named = new Set<string>();
    const note = (key: FolderKey | null) => key && void named.add(nameOf(key));
    const read = createImageReader({ source, ready: keys.ready, bases: known, present, throttle, problems });
    total = await source.count();
    writer.begin();

    async function* walkThrough(range: IdRange): AsyncGenerator<BackupProgress> {
      let last = range.after;
      let isEnded = false;
      try {
        for await (const batch of source.batches(range)) {
          for (const group of groupsOf(batch)) {
            signal?.throwIfAborted();
            await nextTurn(); // a store that answers at once would leave nobody else a turn
            for (const image of await Promise.all(group.map(read))) {
              if (!image) continue;
              for (const { part } of image.parts) note(part.folderKey);
              await writer.add(image);
              last = image.id;
            }
            yield at('images');
          }
          if (writer.isLong()) await writer.writeDraft();
        }
        await writer.endRange(range.upTo ?? last);
        isEnded = true;
      } finally {
        if (!isEnded) await writer.endRange(last).catch(() => {});
      }
    }

    let after = '';
    for (const segment of await findUnchanged({ store, place, bases: known, present, signal, onKey: note })) {
      if (after < segment.after) yield* walkThrough({ after, upTo: segment.after });
      writer.reuse(segment);
      after = segment.last;
    }
    yield* walkThrough({ after });
    await writer.flush();
    return named;
  }

  let isWalked = false;
  try {
    for (let pass = 1, known = bases; pass <= mostPasses; pass += 1) {
      const ring = await keys.ring();
      // It follows an exchange of the keys, since every pass ends with the keys of then.
      const opened = { ...createOpenedKeys(ring.set, randomBytes), unseal: keys.unseal };
      const named = yield* walk(createLiveSource({ store, storeId, keys: opened }), known);
      yield at('keys');
      const kept = await replaceKeys();
      const isExchanged = (await keys.ring()).set.storeKeys[0]?.id !== ring.set.storeKeys[0]?.id;
      if (!isExchanged && (ring.set.storeKeys.length === 1 || opensAll(named, kept.folderKeys))) {
        isWalked = true;
        await writer.finish(Math.floor(keys.begin().now), await store.lastRemovedToken());
        yield at('done');
        return;
      }
      // The master key is exchanged after a leak: what the rows name may be gone, and sealed anew in the store.
      await writer.writeDraft();
      known = (await openBases(place, storeId)).bases;
    }
    throw exchangedAlways();
  } finally {
    // Ended early: the next one goes on behind what was written, if the place lets that be noted.
    if (!isWalked) await writer.writeDraft().catch(() => {});
  }
}

const nameOf = ({ folder, generation }: FolderKey) => `${folder}:${generation}`;

function opensAll(named: ReadonlySet<string>, folderKeys: readonly FolderKey[]): boolean {
  const alive = new Set(folderKeys.map(nameOf));
  return [...named].every((name) => alive.has(name));
}

/** Images that are read at once. */
function groupsOf(batch: readonly CopiedImage[]): CopiedImage[][] {
  const groups: CopiedImage[][] = [];
  let bytes = 0;
  for (const image of batch) {
    const group = groups.at(-1);
    const size = image.parts.reduce((sum, part) => sum + part.size, 0);
    if (!group || group.length === imagesAtOnce || bytes + size > bytesAtOnce) {
      groups.push([image]);
      bytes = size;
    } else {
      group.push(image);
      bytes += size;
    }
  }
  return groups;
}

function exchangedAlways(): PixstoreError {
  return new PixstoreError(
    'BACKUP_FAILED',
    'The master key is being exchanged after a leak, and the backup does not catch up with it. Begin again once that is done; what was copied stays.',
  );
}
