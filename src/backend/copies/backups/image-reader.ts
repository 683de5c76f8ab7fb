import type { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { MaybePromise } from '../../../shared/maybe-promise.js';
import { joinId } from '../../../shared/protocol/image-id.js';
import type { StoreProblem } from '../../../stores/port.js';
import type { Throttle } from '../../images/rate.js';
import type { CopiedImage, CopiedPart, CopySource } from '../copied-image.js';
import { isDamage, requireSound } from '../sound-part.js';
import type { BaseBackups } from './bases.js';
import type { PieceSet } from './pieces.js';
import { digestOf } from './place.js';
import type { BackupPart } from './rows.js';

/** A part that is to be in a backup. */
export interface ReadPart {
  part: CopiedPart;
  /** Where a backup of before has it; undefined when it is to be written. */
  base: BackupPart | undefined;
  /** Empty when it is there. */
  ciphertext: Uint8Array;
  digest: Uint8Array;
}

export interface ReadImage {
  id: string;
  token: number;
  parts: readonly ReadPart[];
}

export interface ImageReaderOptions {
  source: CopySource;
  /** To be waited for before a part is opened: its keys may be on their way. */
  ready(parts: readonly CopiedPart[]): MaybePromise<unknown>;
  bases: BaseBackups;
  /** Pieces that are there. */
  present: PieceSet;
  throttle: Throttle;
  /** Gets what is damaged or missing, by its joined id. */
  problems: Map<string, StoreProblem>;
}

const mostTries = 100;

const nothing = new Uint8Array(0);

/** Reads of an image what is not in a backup yet, and decrypts it: what is damaged must not be found out too late. */
export function createImageReader({ source, ready, bases, present, throttle, problems }: ImageReaderOptions) {
  /** @returns undefined when there is another version by now */
  async function readPart(part: CopiedPart, known: readonly BackupPart[]): Promise<ReadPart | undefined> {
    const there = known.filter((each) => isSame(each, part) && present.has(each.piece));
    const kept = there.find(({ piece }) => !bases.sparse.has(piece));
    if (kept) return inBackup(part, kept);
    try {
      await throttle(1, part.size);
      const ciphertext = await part.read();
      if (!ciphertext) return undefined;
      await ready([part]);
      await requireSound(part, ciphertext, source.keys);
      return { part, base: undefined, ciphertext, digest: digestOf(ciphertext) };
    } catch (error) {
      // What lies in a sparse pack may be all that is left of it. A key that does not open is no better there.
      if (there[0] && isDamage(error) && error.code === 'CIPHERTEXT_MISSING') return inBackup(part, there[0]);
      throw error;
    }
  }

  /** One without its damaged variants; null when the original is damaged. @returns undefined as `readPart` */
  async function readParts({ id, parts }: CopiedImage, known: readonly BackupPart[]) {
    const read: ReadPart[] = [];
    for (const part of parts) {
      try {
        const found = await readPart(part, known);
        if (!found) return undefined;
        read.push(found);
      } catch (error) {
        if (!isDamage(error)) throw error;
        const subject = joinId(id, part.variant);
        problems.set(subject, { kind: kindOf(error), subject });
        if (part.variant === undefined) return null;
      }
    }
    return read;
  }

  /** In the order of ids. @returns null when it is gone, or damaged */
  return async function read(image: CopiedImage): Promise<ReadImage | null> {
    const known = (await bases.rowsOf(image.id)).flatMap(({ parts }) => parts);
    let next: CopiedImage | null = image;
    for (let tries = 0; next && tries < mostTries; tries += 1) {
      const parts = await readParts(next, known);
      if (parts === null) return null;
      if (parts) return { id: next.id, token: next.token, parts };
      next = await source.again(image.id);
    }
    return null;
  };
}

const inBackup = (part: CopiedPart, base: BackupPart): ReadPart => {
  return { part, base, ciphertext: nothing, digest: base.digest };
};

/** The same ciphertext: its tag is made with a key that no other has. */
function isSame(one: BackupPart, other: CopiedPart): boolean {
  return (
    one.variant === other.variant &&
    one.size === other.size &&
    Buffer.compare(one.iv, other.iv) === 0 &&
    Buffer.compare(one.tag, other.tag) === 0
  );
}

function kindOf({ code, cause }: PixstoreError): StoreProblem['kind'] {
  return code === 'CIPHERTEXT_MISSING' && cause === undefined ? 'ciphertext-missing' : 'ciphertext-damaged';
}
