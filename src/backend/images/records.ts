import { readCallOptions, requireArrived } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { joinId } from '../../shared/protocol/image-id.js';
import type { PartRecord } from '../../stores/port.js';
import type { ImageMeta, ImageRecord } from '../../types/index.js';
import { type Audience, type AudienceOptions, audienceIn } from '../keys/audience.js';
import type { ImageInfo } from '../keys/image-info.js';
import type { ProofMaker, Proofs } from '../keys/proofs.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { requireVariant } from './ids.js';

/** For whom a record is, of which part, and what is in it. */
export interface RecordOptions extends AudienceOptions {
  /** The name of a variant: the record is of that part, and opens nothing else. Undefined is refused. */
  variant?: string;
  /** Records of all variants as well, in `variants`. Default: false. */
  variants?: boolean;
  /** The placeholder as well, if there is one. Default: false. */
  placeholder?: boolean;
}

/** The same, checked. */
export interface Wish {
  audience: Audience;
  variant: string | undefined;
  variants: boolean;
  placeholder: boolean;
}

const names = ['audience', 'variant', 'variants', 'placeholder'] as const;

/**
 * @param caller - who was given these options, for the message
 * @throws PixstoreError `AUDIENCE_INVALID`, `IMAGE_ID_INVALID` or `CONFIG_INVALID`
 */
export function readRecordOptions(given: unknown, caller: string): Wish {
  if (given === undefined) return { audience: null, variant: undefined, variants: false, placeholder: false };
  requireArrived(given, ['variant'], caller); // or the original would be handed out in its place
  const { variant, variants = false, placeholder = false, ...who } = readCallOptions(given, names, caller);
  const isSwitch = [variants, placeholder].every((value) => typeof value === 'boolean');
  if (isSwitch && !(variant !== undefined && variants)) {
    const audience = audienceIn(who);
    return {
      audience,
      variant: requireVariant(variant),
      variants: variants === true,
      placeholder: placeholder === true,
    };
  }
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The options variants and placeholder of ${caller} are true or false, and variants is for records of originals: leave one of variant and variants out.`,
  );
}

/** What is known of a part of an image. */
export interface KnownPart {
  /** Joined. */
  id: string;
  token: number;
  meta: ImageMeta;
  /** Null when it was kept before such was. */
  info: ImageInfo | null;
  /** Bytes of ciphertext. */
  size: number;
}

/** The same, with what was made for it before: the proof for everybody. */
interface Handout extends KnownPart {
  proof: { text: string; maker: ProofMaker } | undefined;
}

/** Makes records of parts that were looked up. */
export function createRecords({ keys, proofs }: { keys: StoreKeys; proofs: Proofs }) {
  // Stores may give the same object again for a part that has not changed; then the work for it is done already.
  const handouts = new WeakMap<PartRecord, Handout>();

  function handoutOf(part: PartRecord): Handout {
    const known = handouts.get(part);
    if (known) return known;
    const { key, info } = keys.unseal(part);
    const id = joinId(part.id, part.variant);
    const handout = { id, token: part.token, meta: toMeta(key, part), info, size: part.size, proof: undefined };
    handouts.set(part, handout);
    return handout;
  }

  /** The same for everybody, so it is made once in a window. */
  function commonProof(handout: Handout): string {
    const maker = proofs.current();
    if (handout.proof?.maker === maker) return handout.proof.text;
    const text = proofs.prove(handout.id);
    handout.proof = { text, maker };
    return text;
  }

  function recordOf(part: PartRecord, { audience, placeholder }: Wish): ImageRecord {
    const handout = handoutOf(part);
    const proof = audience === null ? commonProof(handout) : proofs.prove(handout.id, audience);
    const record = toRecord(handout, proof);
    const shown = placeholder && handout.info?.placeholder;
    if (shown) record.placeholder = toBase64(shown);
    return record;
  }

  return {
    /**
     * @param parts - the one that was asked for; when records of variants were wished for, these after it
     * @throws PixstoreError `SEALED_KEY_INVALID`, `MASTER_KEY_MISMATCH`
     */
    open([part, ...variants]: readonly [PartRecord, ...PartRecord[]], wish: Wish): ImageRecord {
      const record = recordOf(part, wish);
      if (wish.variants && part.variant === undefined) {
        record.variants = Object.fromEntries(variants.map((each) => [each.variant, recordOf(each, wish)]));
      }
      return record;
    },
  };
}

export type Records = ReturnType<typeof createRecords>;

/** Nothing in it is shared: what is handed out is the caller's to change. */
export function toRecord({ id, token, meta, info, size }: KnownPart, statelessProof: string): ImageRecord {
  if (!info) return { id, token, meta: { ...meta }, statelessProof };
  const { width, height } = info;
  // What is encrypted begins with a byte for the format.
  return { id, token, meta: { ...meta }, statelessProof, width, height, bytes: size - 1 };
}

export function toMeta(key: Uint8Array, { iv, tag }: Pick<PartRecord, 'iv' | 'tag'>): ImageMeta {
  return { key: toBase64(key), iv: toBase64(iv), tag: toBase64(tag) };
}

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
