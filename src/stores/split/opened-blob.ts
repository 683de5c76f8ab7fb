import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { maxChunkBytes, type OpenedPart, type PartRecord } from '../port.js';
import type { OpenBlob } from './blob-store.js';
import { ciphertextMissing } from './split-errors.js';

/**
 * A part that is read from its blob as it is asked for.
 *
 * @param asError - makes a `PixstoreError` of what the blob throws
 * @param onClose - called once the blob is closed
 */
export function openInBlob(
  record: PartRecord,
  blob: OpenBlob,
  asError: (cause: unknown) => PixstoreError,
  onClose: () => void,
): OpenedPart {
  let closing: Promise<void> | undefined;

  function close(): Promise<void> {
    // What was read is right, and the system takes the blob back, whatever it says of closing it.
    closing ??= blob
      .close()
      .catch(() => {})
      .then(onClose);
    return closing;
  }

  async function* readAll(): AsyncGenerator<Uint8Array, void, void> {
    let missing = record.size;
    try {
      if (closing) throw closedEarly();
      for await (const bytes of blob.chunks()) {
        missing -= bytes.length;
        if (missing < 0) throw ciphertextMissing();
        for (let at = 0; at < bytes.length; at += maxChunkBytes) {
          yield bytes.subarray(at, at + maxChunkBytes);
          if (closing) throw closedEarly();
        }
      }
      if (missing > 0) throw ciphertextMissing();
    } catch (error) {
      throw asError(error);
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
