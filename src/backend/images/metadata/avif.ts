import { type Box, boxesIn } from '../headers/boxes.js';
import { textAt } from '../headers/bytes.js';
import { type Extent, type Heif, type Item, readHeif } from '../headers/heif.js';
import { blankOut, copyRun } from './assembly.js';
import { largestProfile, notStrippable, type Stripping } from './stripping.js';

// Everything in the file is found by its offset, so nothing is taken out: what has to go is blanked where it stands.

/** Boxes that a picture is made of, and those of "meta", which say what there is and where. */
const needed = ['ftyp', 'meta', 'mdat'];
const listing = ['hdlr', 'pitm', 'iinf', 'iloc', 'iprp', 'iref', 'idat', 'grpl'];

/** Properties of pictures: sizes, colours, light, turns, and the codec's own; and how long their content may be. */
const properties: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'ispe pixi irot imir clap pasp clli mdcv cclv amve a1op lsel a1lx'.split(' ').map((type) => [type, 64]),
  ),
  colr: largestProfile,
  av1C: 1_024,
  auxC: 256,
};
const longestFtyp = 256;

/** Coded pictures, and such as are made of others: of tiles, of layers, of a gain map. */
const pictures = ['av01', 'grid', 'iovl', 'iden', 'tmap'];

/** What programs call items by themselves. */
const usualNames = ['', 'Color', 'Alpha', 'Exif', 'XMP', 'application/rdf+xml'];

const handlerHead = 24; // in front of a name that programs give themselves

/** EXIF that says nothing: where TIFF begins 4 | its header 8 | a directory without entries. */
const emptyExif = Uint8Array.of(0, 0, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0);

const zeros = new Uint8Array(64 * 1024);

/** A run of the file, and what is written over it; zeros behind that. */
interface Blank extends Extent {
  bytes?: Uint8Array;
}

interface AvifFile {
  top: readonly Box[];
  heif: Heif;
  items: readonly Item[];
  /** Boxes in which the bytes of items are. */
  data: readonly Box[];
}

/**
 * An AVIF with its primary picture, what that is made of, its transparency and its gain map. EXIF, XMP, thumbnails and
 * other items, names, boxes that pictures do not need, and whatever bytes nothing kept refers to are blanked; boxes
 * behind the last one of the picture are cut off, if nothing refers to them. Animations are not taken apart.
 *
 * @throws PixstoreError `IMAGE_NOT_STRIPPABLE`
 */
export function* stripAvif(source: Uint8Array): Stripping {
  const file = readFile(source);
  const kept = keptExtents(file);
  const blanks = blanksOf(source, file, kept).filter((blank) => !isBlank(source, blank));
  const end = endOf(file, source.length);
  if (blanks.length === 0 && end === source.length) return { bytes: source, picture: [] };

  const bytes = new Uint8Array(end);
  yield* copyRun(source, { from: 0, to: end }, bytes, 0);
  for (const { from, to, bytes: written } of blanks) {
    if (from >= end) continue;
    yield* blankOut(bytes, from, to);
    if (written) bytes.set(written, from);
  }
  return { bytes, picture: kept.map(({ from, to }) => ({ from, at: from, length: to - from })) };
}

/**
 * Where the file may end: behind the last box of the picture. Where an item says that it goes on behind that, nothing is cut
 * off: decoders refuse a picture one of whose items is not there, though it is not shown.
 */
function endOf({ top, items }: AvifFile, length: number): number {
  const end = top.findLast(({ type }) => needed.includes(type))?.end ?? 0;
  return items.some(({ extents }) => extents.some(({ to }) => to > end)) ? length : end;
}

function readFile(source: Uint8Array): AvifFile {
  const top = boxesIn(source, 0, source.length) ?? [];
  const all = (type: string) => top.filter((box) => box.type === type);
  if (all('moov').length > 0) throw notStrippable('an animation of AVIF is not taken apart');
  const [meta, ...more] = all('meta');
  const heif = more.length === 0 ? readHeif(source, meta) : null;
  if (!heif) throw notStrippable('the list of its parts is broken');
  if (all('ftyp').some(({ at, end }) => end - at > longestFtyp)) throw notStrippable('it has odd brands');
  const data = [...all('mdat'), ...heif.boxes.filter(({ type }) => type === 'idat')];
  return { top, heif, items: [...heif.items.values()], data };
}

function blanksOf(source: Uint8Array, { top, heif, items, data }: AvifFile, kept: readonly Extent[]): Blank[] {
  const exif = items.filter(({ type }) => type === 'Exif').flatMap((item) => exifExtent(item, data));
  const referenced = [...kept, ...exif].sort((one, other) => one.from - other.from);
  const handlers = heif.boxes.filter(({ type }) => type === 'hdlr');
  return [
    ...top.filter(({ type }) => !needed.includes(type)).map(freed),
    ...heif.boxes.filter(({ type }) => !listing.includes(type)).map(freed),
    ...heif.properties.filter(({ type, content, end }) => end - content > (properties[type] ?? -1)).map(freed),
    ...handlers.map(({ content, end }) => ({ from: content + handlerHead, to: end })),
    ...items.flatMap((item) => unnamed(source, item)),
    ...data.flatMap((box) => unreferenced(box, referenced)),
    ...exif.map((extent) => ({ ...extent, bytes: emptyExif })),
  ];
}

/** Where the bytes of the picture are. */
function keptExtents({ heif, items, data }: AvifFile): Extent[] {
  const ids = keptItems(heif);
  const kept = items.filter(({ id }) => ids.has(id)).flatMap(({ extents }) => extents);
  const others = items.filter(({ id }) => !ids.has(id)).flatMap(({ extents }) => extents);
  if (!kept.every((extent) => data.some((box) => isWithin(extent, box))))
    throw notStrippable('its picture is not where pictures are');
  if (others.some((other) => kept.some((extent) => other.from < extent.to && extent.from < other.to)))
    throw notStrippable('its metadata and its picture are the same bytes');
  return kept;
}

/** The primary picture, the tiles it is made of, what belongs to it (transparency), and the same of its gain map. */
function keptItems({ primary, items, references }: Heif): Set<number> {
  const maps = [...items.values()].filter(({ type }) => type === 'tmap');
  const kept = new Set<number>([primary, ...maps.map(({ id }) => id)]);
  for (let before = 0; before < kept.size; ) {
    before = kept.size;
    for (const { type, from, to } of references) {
      if (type === 'dimg' && kept.has(from)) for (const id of to) kept.add(id);
      if ((type === 'auxl' || type === 'prem') && to.some((id) => kept.has(id))) kept.add(from);
    }
  }
  const isPicture = (id: number) => pictures.includes(items.get(id)?.type ?? '');
  if (![...kept].every(isPicture)) throw notStrippable('a part of its picture is none');
  return kept;
}

function isWithin({ from, to }: Extent, { content, end }: Box): boolean {
  return from >= content && to <= end;
}

/** Of a place for data, what lies between the extents that are kept. */
function unreferenced(box: Box, kept: readonly Extent[]): Blank[] {
  const gaps: Blank[] = [];
  let at = box.content;
  for (const extent of kept) {
    if (!isWithin(extent, box)) continue;
    if (extent.from > at) gaps.push({ from: at, to: extent.from });
    at = Math.max(at, extent.to);
  }
  return at < box.end ? [...gaps, { from: at, to: box.end }] : gaps;
}

/** A box that readers pass over, of the same length; its header may be 8 bytes or 16. */
function freed({ at, content, end }: Box): Blank {
  const header = Buffer.alloc(content - at - 4);
  header.write('free');
  if (header.length === 12) header.writeBigUInt64BE(BigInt(end - at), 4);
  return { from: at + 4, to: end, bytes: header };
}

/** Texts in the entry of an item, each with a zero behind it: blanks for all that programs do not write by themselves. */
function unnamed(source: Uint8Array, { entry, textsAt }: Item): Blank[] {
  const texts = textAt(source, textsAt, entry.end - textsAt);
  if (texts.split('\0').every((name) => usualNames.includes(name))) return [];
  return [{ from: textsAt, to: entry.end, bytes: Buffer.from(texts.replace(/[^\0]/g, ' '), 'latin1') }];
}

/** Where EXIF is that can be made such as says nothing: decoders that look at it refuse a picture where it is broken. */
function exifExtent({ extents }: Item, data: readonly Box[]): Extent[] {
  const [extent] = extents;
  const isGood = extent && extents.length === 1 && data.some((box) => isWithin(extent, box));
  return isGood && extent.to - extent.from >= emptyExif.length ? [extent] : [];
}

function isBlank(source: Uint8Array, { from, to, bytes = new Uint8Array() }: Blank): boolean {
  if (Buffer.compare(source.subarray(from, from + bytes.length), bytes) !== 0) return false;
  for (let at = from + bytes.length; at < to; at += zeros.length) {
    const part = source.subarray(at, Math.min(at + zeros.length, to));
    if (Buffer.compare(part, zeros.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}
