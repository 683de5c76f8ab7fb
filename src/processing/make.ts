import type Sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { MadeVariant } from '../backend/images/processing-port.js';
import { encode } from './encoders.js';
import { inTime, type Pixels, type Source, sourceOf } from './pixels.js';
import { type Plan, planInside } from './plan.js';
import type { Turn } from './turns.js';
import type { CompleteDefinition } from './variant-definition.js';

/** A variant of one picture, before it is made. */
export interface PlannedVariant {
  name: string;
  definition: CompleteDefinition;
  plan: Plan;
}

// A ThumbHash knows 7 waves to a side: with more pixels it only takes longer, on the calling thread.
export const placeholderSide = 48;

/**
 * Makes a variant of pixels that were decoded before, so that a picture is decoded once for all of them; of the file when
 * those are only a little larger, since what is resized twice by little becomes soft.
 */
export async function makeVariant(
  sharp: typeof Sharp,
  { name, definition, plan }: PlannedVariant,
  { decoded, file }: { decoded: Pixels; file: Source },
  turn: Turn,
): Promise<MadeVariant> {
  const fromDecoded = plan.scale === decoded.scale || plan.scale <= decoded.scale / 2;
  const { bytes, options } = fromDecoded ? sourceOf(decoded) : file;
  const fit = definition.fit === 'cover' ? 'cover' : 'fill';
  const pixels = sharp(bytes, options).resize(plan.width, plan.height, { fit });
  const { data } = await inTime(encode(pixels, definition.format, definition.quality), turn);
  return { name, bytes: data, format: definition.format, width: plan.width, height: plan.height };
}

/** A ThumbHash: some 25 bytes. */
export async function makePlaceholder(sharp: typeof Sharp, decoded: Pixels, turn: Turn): Promise<Uint8Array> {
  const { width, height } = planInside(decoded, placeholderSide);
  const { bytes, options } = sourceOf(decoded);
  const { data } = await inTime(sharp(bytes, options).resize(width, height, { fit: 'fill' }).ensureAlpha().raw(), turn);
  return rgbaToThumbHash(width, height, data);
}
