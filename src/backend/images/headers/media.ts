import { boxHeader, measureBox } from './boxes.js';
import { textAt } from './bytes.js';

// "ftyp" comes first, as it should, or behind some of these.
const mostBoxes = 100;
const fillings = ['free', 'skip', 'wide', 'uuid'];
const movieBoxes = ['mdat', 'moov', 'pnot'];

// Real files name about ten.
const mostBrands = 256;

const general = 'heif';
const audio = 'audio';
const formats: readonly (readonly [format: string, brands: string])[] = [
  ['avif', 'avif avis avio'],
  ['heic', 'heic heix heim heis hevc hevx hevm hevs'],
  // HEIF with another coding, or that says nothing of it.
  [general, 'mif1 mif2 mif3 msf1 miaf 1pic avci avcs vvic vvis evbi evbs jpeg jpgs'],
  ['jp2', 'j2ki j2is jp2 jpx jpm mjp2'],
  ['jxl', 'jxl'],
  ['cr3 (camera raw)', 'crx'],
  ['mov', 'qt'],
  [audio, 'M4A M4B M4P F4A F4B aax aaxc'],
];
const formatOfBrand = new Map(formats.flatMap(([format, brands]) => brands.split(' ').map((brand) => [brand, format])));

/**
 * Names pictures and videos in files of boxes by their brands; undefined for anything else, and for sounds. Only the
 * brands are looked at, so it makes no difference where in the file the rest stands.
 */
export function nameOfMedia(bytes: Uint8Array): string | undefined {
  let isMovie = false;
  let at = 0;
  for (let count = 0; count < mostBoxes && at + boxHeader <= bytes.length; count += 1) {
    const type = textAt(bytes, at + 4, 4);
    const { header, length } = measureBox(bytes, at);
    if (type === 'ftyp') return nameOfBrands(brandsIn(bytes, at + header, at + length));
    isMovie ||= movieBoxes.includes(type);
    if (!isMovie && !fillings.includes(type)) break;
    at += length;
  }
  return isMovie ? 'mov' : undefined; // QuickTime was there before the box of brands
}

/** brand 4 | version 4 | compatible brands, 4 each */
function brandsIn(bytes: Uint8Array, at: number, end: number): string[] {
  const text = textAt(bytes, at, Math.min(end - at, 4 * mostBrands));
  const brands = text.match(/[\s\S]{4}/g) ?? [];
  return brands.filter((_, index) => index !== 1);
}

/** The first brand that says something counts, and HEIF in general only when no other brand says more. */
function nameOfBrands(brands: readonly string[]): string | undefined {
  if (brands.length === 0) return undefined;
  const named = brands.map((brand) => formatOfBrand.get(brand.trimEnd()));
  const [first] = named;
  if (first === audio) return undefined;
  const isPicture = named.includes(general);
  if (isPicture || first) return named.find((format) => format && format !== general && format !== audio) ?? general;
  return 'mp4';
}
