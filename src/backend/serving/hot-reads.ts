import { tell } from '../../shared/callbacks.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { createHotCache } from '../../shared/hot-cache.js';
import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import { imageIdOf, variantOf } from '../../shared/protocol/image-id.js';
import { encodePayload } from '../../shared/protocol/payload.js';
import { WirePayloadState } from '../../shared/protocol/states.js';
import { type ImageStore, type OpenedPart, openInMemory, type PartRecord } from '../../stores/port.js';
import { within } from '../within.js';

/** A part that is in memory, ready to be sent. */
export interface ReadyPart {
  record: PartRecord;
  ciphertext: Uint8Array;
  /** The payload for a client whose token is current. */
  success: readonly Uint8Array[];
}

/** Said instead of a part: so many reads wait for the store that this one must not. */
export const storeBusy = Symbol('the store is busy');

// Longer than a store over a network takes on a bad day, shorter than browsers wait for an image.
const usualPatience = 20_000; // ms

/** Said instead of a part: whoever asked does not want it any more. */
export const notWanted = Symbol('nobody wants it any more');

/** What reading an image gives: null when there is none. */
export type Read = ReadyPart | OpenedPart | null | typeof storeBusy | typeof notWanted;

/**
 * For who asks for many images at once: all are looked up, and a ciphertext that is not beside its record is read when its
 * turn has come. False: nobody wants it any more.
 */
export type Turn = () => MaybePromise<boolean>;

/** Reads images, keeping the ciphertexts that are asked for most in memory. */
export type HotReads = ReturnType<typeof createHotReads>;

// Up to here one piece, made by copying, is sent faster than two.
const copiedUpTo = 64 * 1024;

// Up to here a ciphertext is read in one go. A larger one is read in pieces, at the pace of its client: many slow
// clients must not hold as many large images in memory.
const inMemoryUpTo = 1024 * 1024;

/**
 * What is in memory is served only while the store says that its token is the current one. So nothing outdated is ever
 * served, whatever other processes do to the store.
 *
 * @param limitBytes - ciphertext kept at most; 0 keeps none
 * @param readsAtOnce - reads that may wait for the store, so that a slow one does not take all the slots there are for
 * answers; what is in memory is not counted
 * @param patience - how long the store may take, in ms
 */
export function createHotReads(
  store: ImageStore,
  limitBytes: number,
  readsAtOnce = Number.POSITIVE_INFINITY,
  patience = usualPatience,
) {
  const hot = createHotCache<ReadyPart>(limitBytes, ({ ciphertext }) => ciphertext.length);
  let hits = 0;
  let misses = 0;
  let waiting = 0;

  function inTime<Value>(value: MaybePromise<Value>, leftOver?: (value: Value) => void): MaybePromise<Value> {
    return within(value, patience, () => storeTimeout(patience), leftOver);
  }

  /** Opens a part, or says that too many are being opened. */
  function open(id: string, found?: PartRecord): MaybePromise<OpenedPart | null | typeof storeBusy> {
    if (waiting >= readsAtOnce) return storeBusy;
    const opening = store.open(imageIdOf(id), variantOf(id), { inMemoryUpTo, found });
    if (!(opening instanceof Promise)) return opening;
    waiting += 1;
    // Also one that nobody waits for any more takes up the store, until it has answered.
    const answered = () => {
      waiting -= 1;
    };
    opening.then(answered, answered);
    return inTime(opening, (part) => tell(() => part?.close()));
  }

  /** Looks the part up, and waits for its turn before it is opened, unless it came along. */
  function openInTurn(id: string, turn: Turn): MaybePromise<OpenedPart | null | typeof storeBusy | typeof notWanted> {
    if (!store.find) return open(id);
    return andThen(inTime(store.find(imageIdOf(id), variantOf(id))), (found) => {
      if (!found) return null;
      const { ciphertext } = found;
      if (ciphertext) return openInMemory({ ...found, ciphertext });
      return andThen(turn(), (isWanted) => (isWanted ? open(id, found) : notWanted));
    });
  }

  function serveKept(id: string, kept: ReadyPart, record: PartRecord | null, turn?: Turn): MaybePromise<Read> {
    if (record?.token === kept.record.token) {
      hits += 1;
      kept.record = record; // its key may have been sealed anew
      return kept;
    }
    hot.remove(id);
    return record && fromStore(id, turn);
  }

  function fromStore(id: string, turn?: Turn): MaybePromise<Read> {
    return andThen(turn ? openInTurn(id, turn) : open(id), (part) => {
      if (!part || part === storeBusy || part === notWanted) return part;
      misses += 1;
      const { ciphertext, chunks: _, close: __, ...record } = part;
      if (!ciphertext || part.size > inMemoryUpTo) return part;
      const ready = toReadyPart(record, ciphertext);
      hot.put(id, ready);
      return ready;
    });
  }

  return {
    /** @param clientToken - the version that the client knows of */
    read(id: string, clientToken?: number, turn?: Turn): MaybePromise<Read> {
      const kept = hot.get(id);
      // What the store tells may be as old as this turn of the loop. A client that knows a newer version gets that one.
      if (!kept || (clientToken ?? 0) > kept.record.token) return fromStore(id, turn);
      return andThen(inTime(store.record(imageIdOf(id), variantOf(id), 'this-turn')), (record) =>
        serveKept(id, kept, record, turn),
      );
    },

    stats: () => ({ hits, misses, bytes: hot.bytes }),
  };
}

function storeTimeout(patience: number): PixstoreError {
  return new PixstoreError('STORE_TIMEOUT', `The store has not answered for ${patience} ms.`);
}

const successHead = Buffer.of(WirePayloadState.Success);

function toReadyPart(record: PartRecord, ciphertext: Uint8Array): ReadyPart {
  if (ciphertext.length > copiedUpTo) return { record, ciphertext, success: [successHead, ciphertext] };
  // A Buffer: of other arrays Node's streams make one each time they are sent.
  const payload = Buffer.from(encodePayload({ state: WirePayloadState.Success, ciphertext }).buffer);
  return { record, ciphertext: payload.subarray(successHead.length), success: [payload] };
}
