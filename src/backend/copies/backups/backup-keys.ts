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

/** The latest keys of a place; null when there are none. @throws PixstoreError `BACKUP_DAMAGED` */
export async function readBackupKeys(place: BackupPlace): Promise<BackupKeys | null> {
  const latest = (await place.list('keys')).at(-1);
  return latest ? decode(await place.readText(latest), latest) : null;
}

interface StoredKeys {
  ring: KeyRing;
  folderKeys: FolderKey[];
}

/** Keys as they are in a store, of one moment. */
async function keysOf(store: ImageStore): Promise<StoredKeys> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const ring = await store.keyRing();
    const folderKeys: FolderKey[] = [];
    for await (const page of store.folderKeys()) folderKeys.push(...page);
    // Or keys that were wrapped anew meanwhile would open with neither.
    if (ring && (await store.keyRing())?.version === ring.version) return { ring, folderKeys };
  }
  throw exchangedAlways();
}

/**
 * Puts the keys that a store has now in the place of those of before. What was destroyed since opens from then on in no
 * backup of this place any more.
 */
export async function replaceBackupKeys(
  place: BackupPlace,
  { store, storeId }: { store: ImageStore; storeId: string },
  randomBytes: (length: number) => Uint8Array,
): Promise<BackupKeys> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    // Chosen before the keys are read: whoever reads later ones does not get a smaller number.
    const number = ((await place.list('keys')).at(-1)?.number ?? 0) + 1;
    const before = await unlessDamaged(readBackupKeys(place));
    const keys = await keysOf(store);
    const { ring, folderKeys } = keys;
    const alive = new Set(folderKeys.map(({ folder }) => folder));
    const known = [...(before?.erased ?? []), ...(before?.folderKeys ?? []).map(({ folder }) => folder)];
    const erased = new Set(known.filter((folder) => !alive.has(folder)));
    const blob = await place.writeText('keys', newName(number, randomBytes), {
      version,
      store: storeId,
      ring: toBase64(ring.bytes),
      folderKeys: folderKeys.map(({ folder, generation, wrapped }) => [folder, generation, toBase64(wrapped ?? [])]),
      erased: [...erased],
    });
    // A folder may have been erased before they were written, and the keys replaced by who did that: these would be older.
    if (!areAlive(keys, await keysOf(store))) continue;
    // Of two that write at once, the later one stays.
    for (const older of await place.list('keys')) if (older.blob < blob) await place.remove(older.blob);
    return { store: storeId, ring: ring.bytes, folderKeys, erased };
  }
  throw exchangedAlways();
}

/** Is nothing of these keys destroyed or exchanged by now? */
function areAlive({ ring, folderKeys }: StoredKeys, now: StoredKeys): boolean {
  const nameOf = ({ folder, generation }: FolderKey) => `${folder}:${generation}`;
  const alive = new Set(now.folderKeys.map(nameOf));
  return ring.version === now.ring.version && folderKeys.every((key) => alive.has(nameOf(key)));
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

function exchangedAlways(): PixstoreError {
  return new PixstoreError(
    'BACKUP_FAILED',
    'The keys of the store were exchanged again and again while they were copied. Begin again; what was copied stays.',
  );
}

const toBase64 = (bytes: Uint8Array | number[]): string => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
