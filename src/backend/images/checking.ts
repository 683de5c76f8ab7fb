import { setImmediate as nextTurn } from 'node:timers/promises';
import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { inOrder } from '../../shared/in-order.js';
import type { MaybePromise } from '../../shared/maybe-promise.js';
import { pagesOf } from '../../shared/pages.js';
import { joinId } from '../../shared/protocol/image-id.js';
import type { ImageStore, ListedPart, OpenedPart, StoredPart } from '../../stores/port.js';
import { isOutdated } from '../keys/outdated.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { readSignal } from '../read-signal.js';
import { type CheckProblem, describeProblem, problemOf, problemOfError } from './check-problems.js';
import { isAsEncrypted } from './decryption.js';
import { createThrottle, type Rate, readRate } from './rate.js';

/** How a store is checked. */
export interface CheckOptions {
  /** Look only whether ciphertexts are there and have the right length; nothing is read. Default: false. */
  fast?: boolean;
  /** How much a second, at most. */
  rate?: Rate;
  /** Stops it. */
  signal?: AbortSignal;
}

/** How far a check has come, and what it has found there. */
export interface CheckStep {
  /** Images that were read; of a fast check, ciphertexts that were looked after. */
  done: number;
  /** Images that there are, about; null of a fast check. */
  total: number | null;
  /** Bytes of ciphertext that were read. */
  bytes: number;
  /** One for each thing that is wrong. */
  problem?: CheckProblem;
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readCheckOptions(given: CheckOptions | undefined): CheckOptions {
  const { fast = false, rate, signal } = readCallOptions(given ?? {}, ['fast', 'rate', 'signal'], 'check');
  if (typeof fast !== 'boolean') {
    throw new PixstoreError('CONFIG_INVALID', 'The option "fast" of check must be true or false.');
  }
  const stop = readSignal(signal, 'check');
  return { fast, rate: readRate(rate, 'check'), ...(stop && { signal: stop }) };
}

// Parts side by side, so that the disk is never waited for alone: two pages, of which one is read while the other is decrypted.
const atOnce = 16;
const pageLength = atOnce / 2;

// Larger ones are read in pieces: so much memory is enough for all that are under way.
const inMemoryUpTo = 1024 * 1024;

// A fast one tells now and then how far it is.
const stepLength = 1_000;

interface CheckedPart {
  /** 1 for the original of an image. */
  images: number;
  bytes: number;
  problem?: CheckProblem;
}

function isInMemory(part: Partial<StoredPart> | undefined): part is StoredPart {
  return part?.ciphertext !== undefined;
}

/** A store may give many at a time, and an image may have many variants. */
async function* inPages(lists: AsyncIterable<readonly ListedPart[]>): AsyncGenerator<readonly ListedPart[]> {
  for await (const list of lists) {
    for (let at = 0; at < list.length; at += pageLength) yield list.slice(at, at + pageLength);
  }
}

/** Looks whether all that is stored can be read. */
export function createChecking({ store, keys }: { store: ImageStore; keys: StoreKeys }) {
  /** At once where that is possible: what is read then lives for a moment, and costs the collector of garbage nothing. */
  function isWhole(part: StoredPart | OpenedPart): MaybePromise<boolean> {
    const look = (ciphertext: Parameters<typeof isAsEncrypted>[2]) =>
      isAsEncrypted(keys.unseal(part).key, part, ciphertext);
    const ready = keys.ready([part]);
    if (isInMemory(part)) {
      const { ciphertext } = part;
      return ready instanceof Promise ? ready.then(() => look(ciphertext)) : look(ciphertext);
    }
    return Promise.resolve(ready)
      .then(() => look(part.chunks()))
      .finally(() => part.close());
  }

  /** Nothing is wrong with a part that is whole, or not there any more. */
  async function checkPart({ id, variant, found, error }: ListedPart): Promise<CheckedPart> {
    const subject = joinId(id, variant);
    const images = variant === undefined ? 1 : 0;
    if (error) return { images, bytes: 0, problem: problemOfError(error, subject) };
    for (let known = found; ; known = undefined) {
      let part: StoredPart | OpenedPart | null = null;
      try {
        const opening = isInMemory(known) ? known : store.open(id, variant, { inMemoryUpTo, found: known });
        part = opening instanceof Promise ? await opening : opening;
        const bytes = part?.size ?? 0;
        const whole = part === null || isWhole(part);
        if (whole instanceof Promise ? await whole : whole) return { images, bytes };
        return { images, bytes, problem: problemOf('ciphertext-damaged', subject) };
      } catch (error) {
        if (part && (await isOutdated(store, part))) continue;
        return { images, bytes: part?.size ?? 0, problem: problemOfError(error, subject) };
      }
    }
  }

  /** What a store without a walk over parts says of an image. */
  async function partsOf(id: string): Promise<ListedPart[]> {
    try {
      return (await store.version(id)).map(({ variant }) => ({ id, variant }));
    } catch (error) {
      if (error instanceof PixstoreError) return [{ id, error }];
      throw error;
    }
  }

  async function* listAll(): AsyncGenerator<readonly ListedPart[]> {
    for await (const page of pagesOf(store.list(), atOnce)) yield (await Promise.all(page.map(partsOf))).flat();
  }

  async function* readAll({ rate = {}, signal }: CheckOptions): AsyncGenerator<CheckStep> {
    const throttle = createThrottle({ rate, signal });
    const { images: total } = await store.usage();
    const step = { done: 0, total, bytes: 0 };
    const checkPage = (page: readonly ListedPart[]) => Promise.all(page.map(checkPart));
    for await (const page of inOrder(inPages(store.parts?.() ?? listAll()), 2, checkPage)) {
      for (const { images, bytes, problem } of page) {
        step.done += images;
        step.bytes += bytes;
        if (problem) yield { ...step, problem };
        await throttle(images, bytes);
      }
      yield { ...step };
      await nextTurn(); // where all is in the database, nothing else lets others have theirs
    }
  }

  async function* lookAfterAll({ rate = {}, signal }: CheckOptions): AsyncGenerator<CheckStep> {
    const throttle = createThrottle({ rate, signal });
    const step = { done: 0, total: null, bytes: 0 };
    const onPart = async () => {
      step.done += 1;
      if (step.done % stepLength === 0) await nextTurn();
      await throttle(1, 0);
    };
    for await (const found of store.missing({ onPart })) yield { ...step, problem: describeProblem(found) };
    yield { ...step };
  }

  return {
    async *check(options: CheckOptions): AsyncGenerator<CheckStep, void, void> {
      const { fast, signal } = options;
      signal?.throwIfAborted();
      let last: CheckStep = { done: 0, total: null, bytes: 0 };
      for await (const step of fast ? lookAfterAll(options) : readAll(options)) {
        last = step;
        yield step;
      }
      const { problem: _, ...step } = last;
      for await (const found of store.leftovers({ foreign: true })) {
        signal?.throwIfAborted();
        yield { ...step, problem: describeProblem(found) };
      }
    },
  };
}

export type Checking = ReturnType<typeof createChecking>;
