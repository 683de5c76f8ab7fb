import { joinId } from '../../shared/image-id.js';
import { type MaybePromise, type OpenedPart, openInMemory, type PartRecord, type StoredPart } from '../port.js';
import type { BlobFiles } from './blob-files.js';
import { openInFile } from './opened-file.js';
import type { Reads } from './reads.js';
import type { RecordCache } from './record-cache.js';
import type { FoundRow } from './row.js';
import { ciphertextMissing } from './storage-error.js';

/** Brings records and ciphertexts together: at once when the row has both, else with a promise. */
export function createPartReader(reads: Reads, cache: RecordCache, files: BlobFiles) {
  let missing = 0;
  const opened = new Set<OpenedPart>();

  // Ids are joined in here.

  /** Mostly an image is read soon after its record was handed out: then its row is where the record was found. */
  function findRow(id: string): FoundRow | null {
    const remembered = cache.remembered(id);
    return (remembered && reads.rowOf(id, remembered)) ?? reads.row(id);
  }

  /** @param vanished - a file that the row named before, and that was not there */
  function find<Found>(id: string, finding: Finding<Found>, vanished?: string): MaybePromise<Found | null> {
    const found = cache.settled(
      () => findRow(id),
      (row) => row?.record.sealedKey,
      (row, withKey) => {
        const record = row && withKey(row.record);
        return record && { record, file: row.file, ciphertext: row.ciphertext };
      },
    );
    if (!found) return null;
    const { record, file, ciphertext } = found;
    if (ciphertext) return finding.inRow({ ...record, ciphertext });
    // An update may have removed the file after we saw its row: then the row names another one by now.
    if (file === vanished) {
      missing += 1;
      throw ciphertextMissing();
    }
    const name = file as string;
    return finding.inFile(record, name).then((found) => found ?? find(id, finding, name));
  }

  async function readFile(record: PartRecord, name: string): Promise<StoredPart | null> {
    const ciphertext = await files.read(name, record.size);
    return ciphertext && { ...record, ciphertext };
  }

  async function openWhole(record: PartRecord, name: string): Promise<OpenedPart | null> {
    const part = await readFile(record, name);
    return part && openInMemory(part);
  }

  async function openFile(record: PartRecord, name: string): Promise<OpenedPart | null> {
    const blob = await files.open(name);
    if (blob && blob.size !== record.size) await blob.close();
    if (blob?.size !== record.size) return null;
    const part = openInFile(record, blob, () => opened.delete(part));
    opened.add(part);
    return part;
  }

  return {
    read: (id: string, variant?: string) => find(joinId(id, variant), { inRow: (part) => part, inFile: readFile }),
    open: (id: string, variant?: string, wholeUpTo = 0) =>
      find<OpenedPart>(joinId(id, variant), {
        inRow: openInMemory,
        inFile: (record, name) => (record.size > wholeUpTo ? openFile(record, name) : openWhole(record, name)),
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
  inRow(part: StoredPart): Found;
  /** @returns null when the file is not there, or not as long as it should be */
  inFile(record: PartRecord, name: string): Promise<Found | null>;
}
