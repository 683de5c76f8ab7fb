import { folderOf, joinId } from '../../shared/protocol/image-id.js';
import {
  type FolderKey,
  generationOf,
  isExpected,
  isOverQuota,
  type KeyRing,
  type Part,
  type PartRecord,
  type StoreUsage,
} from '../port.js';
import type { Erasure, FoundPart, KeepOutcome, PlacedPart, RowPart, RowStore, RowVersion } from '../split/row-store.js';

export interface MemoryRowsOptions {
  /** Ciphertexts up to so many bytes go into the rows themselves. Default: all. */
  inlineUpTo?: number | undefined;
}

// So that whoever goes through them leaves others their turns.
const keysAtOnce = 500;

/** The parts of an image by variant; the original's is undefined. */
type Parts = Map<string | undefined, FoundPart>;

/**
 * Keeps rows in this process's memory, for tests and throw-away data. It is also the shortest full answer to what the port
 * asks for.
 */
export function createMemoryRows({ inlineUpTo = Number.POSITIVE_INFINITY }: MemoryRowsOptions = {}): RowStore {
  const images = new Map<string, Parts>();
  const folderKeys = new Map<string, FolderKey[]>();
  const sessions = new Map<string, { begun: number; isEnded: boolean }>();
  const erasedFolders = new Set<string>();
  const givenUpBlobs = new Set<string>();
  const identity = { id: newId(), epoch: 1, isMarked: false, isAdopted: true, place: null };
  let erasures: Erasure[] = [];
  let ring: KeyRing | null = null;
  let removedToken = 0;

  const latestKey = (folder: string): FolderKey | null => folderKeys.get(folder)?.at(-1) ?? null;

  /** Without a key: until the folder is erased. */
  const isAlive = ({ record: { id, folderKey } }: FoundPart): boolean =>
    folderKey ? folderKey.wrapped !== null : !erasedFolders.has(folderOf(id));

  function find(id: string, variant?: string): FoundPart | null {
    const part = images.get(id)?.get(variant);
    return part && isAlive(part) ? part : null;
  }

  const record = (id: string, variant?: string): PartRecord | null => find(id, variant)?.record ?? null;

  const allParts = (): FoundPart[] => [...images.values()].flatMap((parts) => [...parts.values()]);

  /** Parts may name the latest key of their folder, or none at all while it was never erased. */
  function areFit(id: string, parts: readonly Pick<Part, 'sealedKey'>[]): boolean {
    return parts.every(({ sealedKey }) => {
      const generation = generationOf(sealedKey);
      const latest = latestKey(folderOf(id));
      if (generation === null) return !erasedFolders.has(folderOf(id));
      return latest?.wrapped && latest.generation === generation;
    });
  }

  function toFound(id: string, token: number, { variant, size, ciphertext, blob, ...part }: RowPart): FoundPart {
    const latest = latestKey(folderOf(id));
    const isSealedWithKey = generationOf(part.sealedKey) !== null;
    if (latest && isSealedWithKey) latest.sealed += 1;
    const record: PartRecord = {
      id,
      variant,
      token,
      size,
      sealedKey: part.sealedKey.slice(),
      iv: part.iv.slice(),
      tag: part.tag.slice(),
      folderKey: isSealedWithKey ? latest : null,
    };
    return { record, ciphertext: ciphertext?.slice() ?? null, blob };
  }

  function giveUp(parts: Iterable<FoundPart>): string[] {
    const blobs = [...parts].flatMap(({ blob }) => blob ?? []);
    for (const blob of blobs) givenUpBlobs.add(blob);
    return blobs;
  }

  /** @returns the blobs that were given up */
  function removeImage(id: string): string[] {
    const parts = images.get(id);
    removedToken = Math.max(removedToken, parts?.get(undefined)?.record.token ?? 0);
    images.delete(id);
    return giveUp(parts?.values() ?? []);
  }

  /** Of an image whose key was destroyed nothing is left to be replaced. @returns the blobs that were given up */
  const removeDead = (id: string): string[] => (images.has(id) && !find(id) ? removeImage(id) : []);

  const mayKeep = ({ id, parts, session }: RowVersion): KeepOutcome['kind'] => {
    if (!areFit(id, parts)) return 'refused';
    return session && sessions.get(session)?.isEnded !== false ? 'session-ended' : 'done';
  };

  function folderUsage(folder: string): StoreUsage {
    const parts = allParts().filter((part) => folderOf(part.record.id) === folder && isAlive(part));
    const originals = parts.filter(({ record }) => record.variant === undefined);
    return { images: originals.length, bytes: sizeOf(parts.map(({ record }) => record)) };
  }

  const isOver = ({ id, quota }: RowVersion, added: StoreUsage): boolean =>
    quota !== undefined && isOverQuota(folderUsage(folderOf(id)), added, quota);

  const namedBlobs = (): Set<string> => new Set(allParts().flatMap(({ blob }) => blob ?? []));

  const partsInBlobs = (): PlacedPart[] =>
    allParts().flatMap(({ record: { id, variant, size }, blob }) =>
      blob ? { id: joinId(id, variant), blob, size } : [],
    );

  return {
    supports: { syncRecords: true, persistence: false, quotas: true },
    inlineUpTo,

    async put(version, expectedToken) {
      const { id, token, parts } = version;
      const kind = mayKeep(version);
      if (kind === 'session-ended') return { kind };
      const current = find(id)?.record.token ?? null;
      if (kind === 'refused' || !isExpected(current, expectedToken, token)) return { kind: 'refused' };
      const replaced = current === null ? [] : [...(images.get(id)?.values() ?? [])].map(({ record }) => record);
      const added = { images: current === null ? 1 : 0, bytes: sizeOf(parts) - sizeOf(replaced) };
      if (isOver(version, added)) return { kind: 'over-quota' };
      const dead = removeDead(id);
      if (current === null && token <= removedToken) return { kind: 'refused' };
      const givenUp = [...dead, ...giveUp(images.get(id)?.values() ?? [])];
      images.set(id, new Map(parts.map((part) => [part.variant, toFound(id, token, part)])));
      return { kind: 'done', givenUp };
    },

    async addParts(version) {
      const { id, token, parts } = version;
      const kind = mayKeep(version);
      if (kind === 'session-ended') return { kind };
      const current = images.get(id);
      if (kind === 'refused' || find(id)?.record.token !== token || !current) return { kind: 'refused' };
      const missing = parts.filter(({ variant }) => !current.has(variant));
      if (isOver(version, { images: 0, bytes: sizeOf(missing) })) return { kind: 'over-quota' };
      for (const part of missing) current.set(part.variant, toFound(id, token, part));
      return { kind: 'done', givenUp: [], added: missing.map(({ variant }) => variant as string) };
    },

    find,
    record,
    records: (names) => names.map(({ id, variant }) => record(id, variant)),
    version: (id) => [...(images.get(id)?.values() ?? [])].filter(isAlive).map((part) => part.record),

    remove: async (id) => (find(id) ? removeImage(id) : null),

    async *list(prefix = '', after = '') {
      const ids = [...images.keys()].filter((id) => id.startsWith(prefix) && id > after && find(id));
      yield* ids.sort();
    },

    async *sealedKeys() {
      const names = allParts().map(({ record: { id, variant } }) => ({ id, variant }));
      for (let at = 0; at < names.length; at += keysAtOnce) {
        yield names.slice(at, at + keysAtOnce).flatMap(({ id, variant }) => record(id, variant) ?? []);
      }
    },

    async reseal(changes) {
      return changes.filter(({ id, variant, token, sealedKey }) => {
        const part = find(id, variant);
        if (part?.record.token !== token || !areFit(id, [{ sealedKey }])) return false;
        const { record, ciphertext, blob } = part;
        images.get(id)?.set(variant, toFound(id, token, { ...record, sealedKey, ciphertext, blob }));
        return true;
      }).length;
    },

    lastRemovedToken: () => removedToken,

    keyRing: () => ring,
    async putKeyRing(bytes, expectedVersion) {
      if ((ring?.version ?? 0) !== expectedVersion) return false;
      ring = { version: expectedVersion + 1, bytes: bytes.slice() };
      return true;
    },

    masterKeyIds: () => [],
    folderKey: latestKey,
    async *folderKeys() {
      for (const keys of [...folderKeys.values()]) yield keys.filter(({ wrapped }) => wrapped);
    },
    async addFolderKey({ folder, generation, wrapped }, ringVersion) {
      if (ring?.version !== ringVersion || generation !== (latestKey(folder)?.generation ?? 0) + 1) return false;
      const key = { folder, generation, wrapped: wrapped.slice(), sealed: 0 };
      folderKeys.set(folder, [...(folderKeys.get(folder) ?? []), key]);
      return true;
    },
    async destroyFolderKeys(keys) {
      for (const { folder, generation } of keys) {
        const key = folderKeys.get(folder)?.find((each) => each.generation === generation);
        if (key) key.wrapped = null;
      }
    },

    async eraseKeys(folder) {
      const keys = folderKeys.get(folder) ?? [];
      const isUsed = keys.length > 0 || [...images.keys()].some((id) => folderOf(id) === folder);
      if (!isUsed) return false;
      for (const key of keys) key.wrapped = null;
      erasedFolders.add(folder);
      erasures = [...erasures.filter((each) => each.folder !== folder), { folder, generation: keys.length }];
      return true;
    },
    erasures: () => erasures,
    async removeErased(folder) {
      const dead = allParts().filter((part) => folderOf(part.record.id) === folder && !isAlive(part));
      const ids = new Set(dead.map(({ record }) => record.id));
      return { images: ids.size, givenUp: [...ids].flatMap(removeImage), last: null };
    },
    async endErasure({ folder, generation }) {
      erasures = erasures.filter((each) => each.folder !== folder || each.generation !== generation);
    },

    folderUsage,
    usage() {
      const bytes = allParts().reduce((sum, { record }) => sum + record.size, 0);
      return { images: images.size, bytes };
    },

    isBlobInUse: (blob) => namedBlobs().has(blob),
    unnamedBlobs(blobs) {
      const named = namedBlobs();
      return blobs.filter((blob) => !named.has(blob) && !givenUpBlobs.has(blob));
    },
    partsInBlobs,
    sampleOfBlobs: (count) => partsInBlobs().slice(0, count),
    givenUpBlobs: () => [...givenUpBlobs],
    async forgetBlobs(blobs) {
      for (const blob of blobs) givenUpBlobs.delete(blob);
    },

    async beginSession({ id, begun }) {
      sessions.set(id, { begun, isEnded: false });
    },
    async endSessions(ids) {
      for (const id of ids) {
        const session = sessions.get(id);
        if (session) session.isEnded = true;
      }
    },
    async forgetSession(id) {
      sessions.delete(id);
    },
    hasSession: (id) => sessions.has(id),
    openSessions: (begunUntil) =>
      [...sessions].filter(([, { begun, isEnded }]) => !isEnded && begun <= begunUntil).map(([id]) => id),
    endedSessions: () => [...sessions].filter(([, { isEnded }]) => isEnded).map(([id]) => id),
    latestSession: () => [...sessions.keys()].sort().at(-1) ?? null,

    identity: () => ({ ...identity }),
    async noteMarked() {
      identity.isMarked = true;
    },
    async doubt(epoch) {
      if (epoch === identity.epoch) identity.isAdopted = false;
    },
    async adopt({ epoch, sessions: known, at }) {
      Object.assign(identity, { epoch, isMarked: true, isAdopted: true });
      for (const session of sessions.values()) session.isEnded = true;
      for (const id of known) if (!sessions.has(id)) sessions.set(id, { begun: at, isEnded: true });
    },

    close: async () => images.clear(),
  };
}

const sizeOf = (parts: readonly { size: number }[]): number => parts.reduce((sum, { size }) => sum + size, 0);

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
