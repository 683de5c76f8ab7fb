import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const projectRequire = createRequire(new URL('../../package.json', import.meta.url));
/** @type {typeof import('sharp')} */
export const sharp = projectRequire('sharp');

const photo = (/** @type {string} */ name) => readFileSync(new URL(`../../demo/photos/${name}`, import.meta.url));
const asPhoneTakesIt = () => sharp(photo('hubble.jpg')).resize(4000, 3000, { fit: 'fill' });

/**
 * What is made smaller: photos as pages have them, and as phones take them (12 megapixels).
 *
 * @typedef {{ bytes: Buffer, format: 'jpg' | 'png' | 'webp', width: number, height: number }} Picture
 * @type {Readonly<Record<string, () => Promise<Picture>>>}
 */
export const pictures = {
  'JPEG 1000 x 872': async () => ({ bytes: photo('hubble.jpg'), format: 'jpg', width: 1000, height: 872 }),
  'WebP 600 x 400': async () => ({ bytes: photo('coffee.webp'), format: 'webp', width: 600, height: 400 }),
  'JPEG 12 MP': async () => ({ bytes: await asPhoneTakesIt().jpeg({ quality: 90 }).toBuffer(), ...phone('jpg') }),
  'PNG 12 MP': async () => ({ bytes: await asPhoneTakesIt().png().toBuffer(), ...phone('png') }),
};

/** @param {Picture['format']} format */
function phone(format) {
  return { format, width: 4000, height: 3000 };
}
