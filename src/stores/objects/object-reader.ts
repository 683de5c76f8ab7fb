import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { OpenBlob } from '../split/blob-store.js';
import type { Attempts } from './attempts.js';
import { FailedRequest } from './failures.js';
import type { ObjectStore } from './object-store.js';

/** A request for an object that was answered. */
interface Source {
  /** Bytes from where it begins up to the end of the object. */
  size: number;
  end: AbortController;
  pieces: AsyncIterator<Uint8Array>;
  first: IteratorResult<Uint8Array>;
}

/** An object, and the name of the blob that it is. */
export interface NamedObject {
  key: string;
  name: string;
}

const work = 'read a blob';
const answerOfOtherLength = () => new FailedRequest('broken', 'the answer had another length');

/** Reads objects in pieces. A read that is cut goes on where it was. */
export function createObjectReader(store: ObjectStore, attempts: Attempts) {
  /**
   * There is none, when the list says so as well: also a bucket that is not there, and what stands in between, answer 404.
   *
   * @throws when it is listed, or nothing can be listed
   */
  async function requireAbsent(key: string, signal: AbortSignal): Promise<null> {
    const { keys } = await store.list(key, '', undefined, signal);
    if (keys.includes(key)) throw new FailedRequest('broken', 'it is listed, but was not found');
    return null;
  }

  async function sizeOf(key: string, signal: AbortSignal): Promise<number | null> {
    return (await store.size(key, signal)) ?? requireAbsent(key, signal);
  }

  /** @returns null when there is none */
  async function begin({ key, name }: NamedObject, from: number, end: AbortController): Promise<Source | null> {
    const download = await store.get(key, from, end.signal);
    if (!download) return requireAbsent(key, end.signal);
    const { size, writtenAs, body } = download;
    if (writtenAs !== undefined && writtenAs !== name) throw new FailedRequest('broken', 'it gave another object');
    const pieces = body[Symbol.asyncIterator]();
    // So that it goes on whatever becomes of the object: some send nothing before the first piece is asked for.
    return { size, end, pieces, first: await pieces.next() };
  }

  function endSource({ end, pieces }: Source): void {
    end.abort();
    // Not all bodies end with the signal. One that waits for its next piece does not answer before that.
    void pieces.return?.().then(undefined, () => {});
  }

  /** @param begun - at the beginning of the object */
  function toBlob(object: NamedObject, begun: Source): OpenBlob {
    const { size } = begun;
    let source: Source | undefined = begun;
    let end = begun.end;
    let piece: IteratorResult<Uint8Array> | undefined = begun.first;
    let reading: Promise<unknown> | undefined;
    let isClosed = false;
    let at = 0;
    let failures = 0;

    function letGo(): void {
      end.abort();
      if (source) endSource(source);
      source = undefined;
      piece = undefined;
    }

    async function goOn(): Promise<Source> {
      end = new AbortController();
      const resumed = await attempts.inTime(begin(object, at, end), end);
      if (!resumed) throw new FailedRequest('broken', 'it was removed while it was read');
      if (at + resumed.size !== size) throw answerOfOtherLength();
      piece = resumed.first;
      return resumed;
    }

    async function readPiece(): Promise<Uint8Array> {
      source ??= await goOn();
      const { value, done } = piece ?? (await attempts.inTime(source.pieces.next(), source.end));
      piece = undefined;
      if (done) throw new FailedRequest('broken', 'the answer was cut short');
      if (at + value.length > size) throw new FailedRequest('broken', 'the answer was too long');
      return value;
    }

    async function nextPiece(): Promise<Uint8Array> {
      for (;;) {
        if (isClosed) throw closedEarly();
        try {
          return await readPiece();
        } catch (error) {
          letGo();
          if (isClosed) throw closedEarly();
          failures += 1;
          await attempts.afterFailure(error, failures, work);
        }
      }
    }

    /** A body that was read to its end leaves its connection to the next request. */
    async function finish(): Promise<void> {
      if (!source || piece?.done) return;
      const { done } = await attempts.inTime(source.pieces.next(), source.end);
      if (!done) letGo();
    }

    return {
      size,
      async *chunks() {
        while (at < size) {
          const next = nextPiece();
          reading = next.catch(() => {});
          const value = await next;
          at += value.length;
          yield value;
        }
        reading = finish().catch(() => {}); // all bytes are there
        await reading;
        source = undefined;
      },
      async close() {
        isClosed = true;
        letGo();
        await reading;
      },
    };
  }

  const size = ({ key }: NamedObject) => attempts.run('look for a blob', ({ signal }) => sizeOf(key, signal));

  /** @returns null when there is none, or it does not have as many bytes as are expected */
  async function open(object: NamedObject, expected?: number): Promise<OpenBlob | null> {
    for (let answers = 1; ; answers += 1) {
      const source = await attempts.run(work, (end) => begin(object, 0, end));
      if (!source) return null;
      if (expected === undefined || source.size === expected) return toBlob(object, source);
      endSource(source);
      // An answer that was cut short, or that of another object, has another length, too.
      if ((await size(object)) !== expected) return null;
      await attempts.afterFailure(answerOfOtherLength(), answers, work);
    }
  }

  return {
    open: (object: NamedObject) => open(object),

    /** @returns null when there is none, or it does not have so many bytes */
    async read(object: NamedObject, size: number): Promise<Uint8Array | null> {
      const blob = await open(object, size);
      if (!blob) return null;
      const bytes = Buffer.allocUnsafeSlow(size);
      let at = 0;
      for await (const piece of blob.chunks()) {
        bytes.set(piece, at);
        at += piece.length;
      }
      return bytes;
    },

    size,
  };
}

function closedEarly(): PixstoreError {
  return new PixstoreError('STORE_CLOSED', 'A blob was closed before it was read to its end.');
}
