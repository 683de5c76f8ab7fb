import { createByteLru } from '../../shared/byte-lru.js';
import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import { encodePayload } from '../../shared/wire/payload.js';
import { WirePayloadState } from '../../shared/wire/states.js';
import type { ImageStore, OpenedPart, PartRecord } from '../storage/port.js';

/** A part that is in memory, ready to be sent. */
export interface ReadyPart {
  record: PartRecord;
  ciphertext: Uint8Array;
  /** The payload for a client whose token is current. */
  success: readonly Uint8Array[];
}

/** Reads images, keeping the ciphertexts that are asked for most in memory. */
export type HotReads = ReturnType<typeof createHotReads>;

// Up to here one piece, made by copying, is sent faster than two.
const copiedUpTo = 64 * 1024;

// Up to here a ciphertext is read in one go. A larger one is read in pieces, at the pace of its client: many slow
// clients must not hold as many large images in memory.
const wholeUpTo = 1024 * 1024;

/**
 * What is in memory is served only while the store says that its token is the current one. So nothing outdated is ever
 * served, whatever other processes do to the store.
 *
 * @param limitBytes - ciphertext kept at most; 0 keeps none
 */
export function createHotReads(store: ImageStore, limitBytes: number) {
  const hot = createByteLru<ReadyPart>(limitBytes, ({ ciphertext }) => ciphertext.length);
  let hits = 0;
  let misses = 0;

  function serveKept(
    id: string,
    kept: ReadyPart,
    record: PartRecord | null,
  ): MaybePromise<ReadyPart | OpenedPart | null> {
    if (record?.token === kept.record.token) {
      hits += 1;
      kept.record = record; // its key may have been sealed anew
      return kept;
    }
    hot.remove(id);
    return record && fromStore(id);
  }

  function fromStore(id: string): MaybePromise<ReadyPart | OpenedPart | null> {
    return andThen(store.open(id, wholeUpTo), (part) => {
      if (!part) return null;
      misses += 1;
      const { id, token, sealedKey, iv, tag, size, ciphertext } = part;
      if (!ciphertext || size > wholeUpTo) return part;
      const ready = toReadyPart({ id, token, sealedKey, iv, tag, size }, ciphertext);
      hot.put(id, ready);
      return ready;
    });
  }

  return {
    /** @param clientToken - the version that the client knows of */
    read(id: string, clientToken?: number): MaybePromise<ReadyPart | OpenedPart | null> {
      const kept = hot.get(id);
      // What the store tells may be as old as this turn of the loop. A client that knows a newer version gets that one.
      if (!kept || (clientToken ?? 0) > kept.record.token) return fromStore(id);
      return andThen(store.record(id, true), (record) => serveKept(id, kept, record));
    },

    stats: () => ({ hits, misses, bytes: hot.bytes }),
  };
}

const successHead = Buffer.of(WirePayloadState.Success);

function toReadyPart(record: PartRecord, ciphertext: Uint8Array): ReadyPart {
  if (ciphertext.length > copiedUpTo) return { record, ciphertext, success: [successHead, ciphertext] };
  // A Buffer: of other arrays Node's streams make one each time they are sent.
  const payload = Buffer.from(encodePayload({ state: WirePayloadState.Success, ciphertext }).buffer);
  return { record, ciphertext: payload.subarray(successHead.length), success: [payload] };
}
