import sharp, { type OutputInfo } from 'sharp';

// So that there is a gallery to scroll through: many pictures out of a few photos, the same ones every time.

/** A photo, decoded once for all its variations. */
export interface Photo {
  pixels: Buffer;
  info: OutputInfo;
  /** It has no up and down, such as a texture: it may be turned. */
  canTurn: boolean;
  /** It has no colours of its own: it may be given one. */
  isGrey: boolean;
}

const largest = 480; // pixels

export async function openPhoto(path: string, canTurn: boolean): Promise<Photo> {
  const { data, info } = await sharp(path)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { channels } = await sharp(data, { raw: info }).stats();
  const [red, green] = channels;
  return { pixels: data, info, canTurn, isGrey: red?.mean === green?.mean };
}

/** A part of the photo, in other colours; the same number always gives the same. */
export async function makeVariation({ pixels, info, canTurn, isGrey }: Photo, number: number): Promise<Buffer> {
  const random = randomNumbers(number);
  const share = 0.5 + random() / 2;
  const [width, height] = [Math.round(info.width * share), Math.round(info.height * share)];
  const left = Math.floor(random() * (info.width - width));
  const top = Math.floor(random() * (info.height - height));
  const picture = sharp(pixels, { raw: info })
    .extract({ left, top, width, height })
    .resize(largest, largest, { fit: 'inside', withoutEnlargement: true })
    .flop(random() < 0.5)
    .modulate({
      brightness: 0.85 + random() * 0.3,
      saturation: 0.7 + random() * 0.6,
      hue: Math.round(random() * 60 - 30),
    });
  if (isGrey) picture.tint({ r: 90 + random() * 120, g: 90 + random() * 120, b: 90 + random() * 120 });
  if (canTurn) picture.rotate(Math.floor(random() * 4) * 90);
  return picture.jpeg({ quality: 80 }).toBuffer();
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
