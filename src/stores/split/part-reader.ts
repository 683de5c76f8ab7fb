import { andThen } from '../../shared/maybe-promise.js';
import { type MaybePromise, type OpenedPart, openInMemory, type PartRecord, type StoredPart } from '../port.js';
import { openInBlob } from './opened-blob.js';
import type { FoundPart, RowStore } from './row-store.js';
import { type AsError, ciphertextMissing } from './split-errors.js';
import type { StoreBlobs } from './store-blobs.js';

/** Brings records and ciphertexts together: at once when the row has both, else with a promise. */
export function createPartReader(rows: Pick<RowStore, 'find'>, blobs: StoreBlobs, asError: AsError) {
  let missing = 0;
  const opened = new Set<OpenedPart>();

  /** @param vanished - a blob that the row named before, and that was not there */
  function find<Found>(
    id: string,
    variant: string | undefined,
    finding: Finding<Found>,
    vanished?: string,
  ): MaybePromise<Found | null> {
    return andThen(rows.find(id, variant), (found) => {
      if (!found) return null;
      const { record, ciphertext, blob } = found;
      if (ciphertext) return finding.inRow({ ...record, ciphertext });
      // An update may have removed the blob after we saw its row: then the row names another one by now.
      if (blob === vanished) {
        missing += 1;
        throw ciphertextMissing();
      }
      const name = blob as string;
      return finding.inBlob(record, name).then((part) => part ?? find(id, variant, finding, name));
    });
  }

  async function readBlob(record: PartRecord, name: string): Promise<StoredPart | null> {
    const ciphertext = await blobs.read(name, record.size);
    return ciphertext && { ...record, ciphertext };
  }

  async function openWhole(record: PartRecord, name: string): Promise<OpenedPart | null> {
    const part = await readBlob(record, name);
    return part && openInMemory(part);
  }

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

  return {
    read: (id: string, variant?: string) => find(id, variant, { inRow: (part) => part, inBlob: readBlob }),
    open: (id: string, variant?: string, wholeUpTo = 0) =>
      find<OpenedPart>(id, variant, {
        inRow: openInMemory,
        inBlob: (record, name) => (record.size > wholeUpTo ? openBlob(record, name) : openWhole(record, name)),
      }),

    /** How often a ciphertext was not there. */
    missing: () => missing,

    /** Closes what was opened and is open still. */
    async close(): Promise<void> {
      await Promise.all([...opened].map((part) => part.close()));
    },
  };
}

interface Finding<Found> {
  inRow(part: FoundPart['record'] & { ciphertext: Uint8Array }): Found;
  /** @returns null when the blob is not there, or not as long as it should be */
  inBlob(record: PartRecord, name: string): Promise<Found | null>;
}
