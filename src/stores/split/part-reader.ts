import { andThen } from '../../shared/maybe-promise.js';
import {
  type ListedPart,
  type MaybePromise,
  type OpenedPart,
  type OpenOptions,
  openInMemory,
  type PartRecord,
  type StoredPart,
} from '../port.js';
import { openInBlob } from './opened-blob.js';
import type { FoundPart, ListedRow, RowStore } from './row-store.js';
import type { SessionBlobs } from './session-blobs.js';
import { type AsError, ciphertextMissing } from './split-errors.js';

/** Brings records and ciphertexts together: at once when the row has both, else with a promise. */
export function createPartReader(rows: Pick<RowStore, 'find'>, blobs: SessionBlobs, asError: AsError) {
  let missing = 0;
  const lookedUp = new WeakMap<PartRecord, FoundPart>();
  const opened = new Set<OpenedPart>();

  /** @param vanished - a blob that the row named before, and that was not there */
  function open(
    id: string,
    variant: string | undefined,
    inMemoryUpTo: number,
    looking: MaybePromise<FoundPart | null> = rows.find(id, variant),
    vanished?: string,
  ): MaybePromise<OpenedPart | null> {
    return andThen(looking, (found) => {
      if (!found) return null;
      const { record, ciphertext, blob } = found;
      if (ciphertext) return openInMemory({ ...record, ciphertext });
      // An update may have removed the blob after we saw its row: then the row names another one by now.
      if (blob === vanished) {
        missing += 1;
        throw ciphertextMissing();
      }
      const name = blob as string;
      const opening = record.size > inMemoryUpTo ? openBlob(record, name) : openWhole(record, name);
      return opening.then((part) => part ?? open(id, variant, inMemoryUpTo, undefined, name));
    });
  }

  /** @returns null when the blob is not there */
  async function openWhole(record: PartRecord, name: string): Promise<OpenedPart | null> {
    const ciphertext = await blobs.read(name, record.size);
    return ciphertext && openInMemory({ ...record, ciphertext });
  }

  /** @returns null when the blob is not there, or not as long as it should be */
  async function openBlob(record: PartRecord, name: string): Promise<OpenedPart | null> {
    const blob = await blobs.open(name);
    if (blob && blob.size !== record.size) await blob.close();
    if (blob?.size !== record.size) return null;
    const part = openInBlob(
      record,
      blob,
      (cause) => asError(cause, 'read an image'),
      () => opened.delete(part),
    );
    opened.add(part);
    return part;
  }

  /** For `open`, which need not look it up again. */
  function handOut(found: FoundPart): PartRecord & Partial<StoredPart> {
    const { record, ciphertext } = found;
    if (ciphertext) {
      // Field by field: V8 copies an object several times faster so, and a walk does little else.
      const { id, variant, token, size, iv, tag, sealedKey, folderKey } = record;
      return { id, variant, token, size, iv, tag, sealedKey, folderKey, ciphertext };
    }
    lookedUp.set(record, found);
    return record;
  }

  return {
    open: (id: string, variant?: string, { inMemoryUpTo = 0, found }: OpenOptions = {}) =>
      open(id, variant, inMemoryUpTo, found && lookedUp.get(found)),

    find: (id: string, variant?: string): MaybePromise<(PartRecord & Partial<StoredPart>) | null> =>
      andThen(rows.find(id, variant), (found) => found && handOut(found)),

    async *parts(listed: AsyncIterable<readonly ListedRow[]>): AsyncGenerator<readonly ListedPart[]> {
      for await (const page of listed) {
        yield page.map(({ id, variant, error, found }) => {
          if (found) return { id, variant, found: handOut(found) };
          return { id, variant, ...(error && { error }) };
        });
      }
    },

    /** How often a ciphertext was not there. */
    missing: () => missing,

    /** Closes what was opened and is open still. */
    async close(): Promise<void> {
      await Promise.all([...opened].map((part) => part.close()));
    },
  };
}
