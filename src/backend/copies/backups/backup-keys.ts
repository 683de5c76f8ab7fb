import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { isExistingDir, isToken } from '../../../shared/protocol/image-id.js';
import type { FolderKey, ImageStore, KeyRing } from '../../../stores/port.js';
import { readKeyRing } from '../../keys/key-ring.js';
import { type BackupPlace, damaged, newName, type PlacedText, unlessDamaged } from './place.js';

/** What opens backups: the key ring of the store, as master keys have wrapped it, and what that has wrapped. */
export interface BackupKeys {
  /** 32 hex digits. */
  store: string;
  ring: Uint8Array;
  /** All keys of folders that are not destroyed. */
  folderKeys: readonly FolderKey[];
  /** Folders that were erased, and not used again. */
  erased: ReadonlySet<string>;
}

const version = 1;

const mostTries = 100;

const latestOf = async (place: BackupPlace) => (await place.list('keys')).at(-1);

/** The latest keys of a place; null when there are none. @throws PixstoreError `BACKUP_DAMAGED` */
export async function readBackupKeys(place: BackupPlace): Promise<BackupKeys | null> {
  let latest = await latestOf(place);
  while (latest) {
    try {
      return decode(await place.readText(latest), latest);
    } catch (error) {
      const now = await latestOf(place);
      if (now?.blob === latest.blob) throw error;
      latest = now; // they were replaced while they were read
    }
  }
  return null;
}

/** Keys as they are in a store, of one moment. */
async function keysOf(store: ImageStore): Promise<{ ring: KeyRing; folderKeys: FolderKey[] }> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const ring = await store.keyRing();
    const folderKeys: FolderKey[] = [];
    for await (const page of store.folderKeys()) folderKeys.push(...page);
    // Or keys that were wrapped anew meanwhile would open with neither.
    if (ring && (await store.keyRing())?.version === ring.version) return { ring, folderKeys };
  }
  throw changedAlways();
}

/**
 * Takes a name for keys that are not read yet. The claim stays until there are keys with that name or a later one, so whoever
 * begins afterwards takes a later name: keys that were read before that never come to lie over its own, whatever becomes of
 * this run.
 */
async function claimName(place: BackupPlace, randomBytes: (length: number) => Uint8Array): Promise<string> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const number = Math.max(0, ...(await taken(place)).map((each) => each.number)) + 1;
    const name = newName(number, randomBytes);
    await place.writeText('claims', name, {});
    // Somebody may have chosen the same number at the same moment. Who finds a later name takes another one.
    if ((await taken(place)).every((each) => each.name <= name)) return name;
  }
  throw changedAlways();
}

// Claims first: they go when there are keys in their place.
const taken = async (place: BackupPlace): Promise<PlacedText[]> => [
  ...(await place.list('claims')),
  ...(await place.list('keys')),
];

/**
 * Puts the keys that a store has now in the place of those of before. What was destroyed since opens from then on in no
 * backup of this place any more.
 *
 * @returns the keys that stay: these, or those that another run has read since
 */
export async function replaceBackupKeys(
  place: BackupPlace,
  { store, storeId }: { store: ImageStore; storeId: string },
  randomBytes: (length: number) => Uint8Array,
): Promise<BackupKeys> {
  const name = await claimName(place, randomBytes);
  const before = await unlessDamaged(readBackupKeys(place));
  const { ring, folderKeys } = await keysOf(store);
  const alive = new Set(folderKeys.map(({ folder }) => folder));
  const known = [...(before?.erased ?? []), ...(before?.folderKeys ?? []).map(({ folder }) => folder)];
  const blob = await place.writeText('keys', name, {
    version,
    store: storeId,
    ring: toBase64(ring.bytes),
    folderKeys: folderKeys.map(({ folder, generation, wrapped }) => [folder, generation, toBase64(wrapped ?? [])]),
    erased: [...new Set(known.filter((folder) => !alive.has(folder)))],
  });
  const kept = await readBackupKeys(place);
  if (!kept) throw damaged(blob);
  const keys = await place.list('keys');
  const latest = keys.at(-1);
  for (const each of [...(await place.list('claims')), ...keys]) {
    if (latest && each.name <= latest.name && each.blob !== latest.blob) await place.remove(each.blob);
  }
  return kept;
}

function decode(text: Record<string, unknown>, placed: PlacedText): BackupKeys {
  const { version: written, store, ring, folderKeys, erased } = text;
  const isFolder = (name: unknown) => name === '' || isExistingDir(name);
  if (
    written === version &&
    typeof store === 'string' &&
    typeof ring === 'string' &&
    Array.isArray(folderKeys) &&
    folderKeys.every(
      ([folder, generation, wrapped]) => isFolder(folder) && isToken(generation) && typeof wrapped === 'string',
    ) &&
    Array.isArray(erased) &&
    erased.every(isFolder)
  ) {
    const keys = folderKeys.map(([folder, generation, wrapped]) => {
      return { folder, generation, wrapped: fromBase64(wrapped), sealed: 0 };
    });
    const bytes = fromBase64(ring);
    readKeyRing(bytes);
    return { store, ring: bytes, folderKeys: keys, erased: new Set(erased) };
  }
  throw damaged(placed.blob);
}

function changedAlways(): PixstoreError {
  return new PixstoreError(
    'BACKUP_FAILED',
    'The keys of the store, or of this place, were exchanged again and again while they were copied. Begin again; what was copied stays.',
  );
}

const toBase64 = (bytes: Uint8Array | number[]): string => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
