import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { maxChunkBytes, type OpenedPart, type PartRecord } from '../port.js';
import type { OpenBlob } from './blob-files.js';
import { asStorageError, ciphertextMissing } from './storage-error.js';

/** A part that is read from its file as it is asked for. `onClose` is called once the file is closed. */
export function openInFile(record: PartRecord, blob: OpenBlob, onClose: () => void): OpenedPart {
  let closing: Promise<void> | undefined;

  function close(): Promise<void> {
    // What was read is right, and the system takes the file back, whatever it says of closing it.
    closing ??= blob
      .close()
      .catch(() => {})
      .then(onClose);
    return closing;
  }

  async function readFrom(at: number): Promise<Uint8Array> {
    if (closing) throw closedEarly();
    try {
      const chunk = await blob.read(at, Math.min(maxChunkBytes, record.size - at));
      if (chunk.length === 0) throw ciphertextMissing();
      return chunk;
    } catch (error) {
      throw asStorageError(error, 'read an image');
    }
  }

  async function* readAll(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let at = 0; at < record.size; ) {
        const chunk = await readFrom(at);
        at += chunk.length;
        yield chunk;
      }
    } finally {
      await close();
    }
  }

  return {
    ...record,
    chunks() {
      const all = readAll();
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => all.next(),
          async return() {
            await close(); // which a generator that was never started would not do
            return all.return();
          },
        }),
      };
    },
    close,
  };
}

function closedEarly(): PixstoreError {
  return new PixstoreError(
    'STORE_CLOSED',
    'An image, or the store it is in, was closed before the image was read to its end.',
  );
}
