import { type Box, boxesIn, childrenOf, numbersFrom } from './boxes.js';
import { textAt, uint32 } from './bytes.js';

// HEIF (ISO 23008-12), of which AVIF is one kind: the box "meta" lists items, such as pictures, tiles of them and EXIF;
// where the bytes of each are; and properties, such as sizes, that items share.

/** A run of bytes of the file. */
export interface Extent {
  from: number;
  to: number;
}

export interface Item {
  id: number;
  type: string;
  /** Its description, in which it has a name and other texts. */
  entry: Box;
  /** Where its texts begin. */
  textsAt: number;
  extents: readonly Extent[];
}

export interface Reference {
  type: string;
  from: number;
  to: readonly number[];
}

export interface Heif {
  primary: number;
  items: ReadonlyMap<number, Item>;
  references: readonly Reference[];
  /** In their order, by which items name them. */
  properties: readonly Box[];
  propertiesOf(id: number): readonly Box[];
  /** The boxes of "meta" itself. */
  boxes: readonly Box[];
}

/** Real files have some, or some hundred tiles. */
const mostEntries = 2_000;

const fullBox = 4; // version 1 | flags 3

/** Null when it is broken, or has a part that is kept elsewhere. */
export function readHeif(bytes: Uint8Array, meta: Box | undefined): Heif | null {
  const boxes = childrenOf(bytes, meta, fullBox);
  const find = (type: string) => boxes?.find((box) => box.type === type);
  const [pitm, iprp] = [find('pitm'), childrenOf(bytes, find('iprp'))];
  const properties = childrenOf(
    bytes,
    iprp?.find((box) => box.type === 'ipco'),
  );
  const places = readPlaces(bytes, find('iloc'), find('idat'));
  const items = places && readItems(bytes, find('iinf'), places);
  const references = readReferences(bytes, find('iref'));
  if (!boxes || !pitm || !iprp || !properties || !items || !references) return null;
  const associations = readAssociations(
    bytes,
    iprp.filter((box) => box.type === 'ipma'),
  );
  return {
    primary: numbersFrom(bytes, pitm.content + fullBox).next(bytes[pitm.content] === 0 ? 2 : 4),
    ...{ items, references, properties, boxes },
    propertiesOf: (id) => (associations.get(id) ?? []).flatMap((index) => properties[index - 1] ?? []),
  };
}

/** sizes of numbers 2 | count | of each item: id, method, where it is counted from, its extents */
function readPlaces(bytes: Uint8Array, iloc: Box | undefined, idat: Box | undefined): Map<number, Extent[]> | null {
  if (!iloc) return null;
  const version = bytes[iloc.content] as number;
  const numbers = numbersFrom(bytes, iloc.content + fullBox);
  const [sizes, moreSizes] = [numbers.next(1), numbers.next(1)];
  const [offsetSize, lengthSize, baseSize] = [sizes >> 4, sizes & 15, moreSizes >> 4];
  const indexSize = version === 0 ? 0 : moreSizes & 15;
  const idSize = version < 2 ? 2 : 4;
  const places = new Map<number, Extent[]>();
  let left = mostEntries;
  for (let count = numbers.next(idSize); count > 0; count -= 1) {
    const id = numbers.next(idSize);
    const method = version === 0 ? 0 : numbers.next(2) & 15;
    const reference = numbers.next(2);
    const base = numbers.next(baseSize);
    const start = method === 0 ? base : base + (idat?.content ?? Infinity);
    const extents: Extent[] = [];
    for (let parts = numbers.next(2); parts > 0; parts -= 1) {
      numbers.next(indexSize);
      const from = start + numbers.next(offsetSize);
      const length = numbers.next(lengthSize);
      left -= 1;
      if (length === 0 || left < 0) return null; // a length of 0 means: all of the file
      extents.push({ from, to: from + length });
    }
    if (method > 1 || reference !== 0 || numbers.at() > iloc.end) return null;
    places.set(id, extents);
  }
  return places;
}

function readItems(
  bytes: Uint8Array,
  iinf: Box | undefined,
  places: ReadonlyMap<number, Extent[]>,
): Map<number, Item> | null {
  const countSize = iinf && bytes[iinf.content] === 0 ? 2 : 4;
  const entries = childrenOf(bytes, iinf, fullBox + countSize);
  if (!entries) return null;
  const items = new Map<number, Item>();
  for (const entry of entries) {
    const version = bytes[entry.content] as number;
    if (entry.type !== 'infe' || version < 2) return null;
    const numbers = numbersFrom(bytes, entry.content + fullBox);
    const id = numbers.next(version === 2 ? 2 : 4);
    numbers.next(2); // protection
    const type = textAt(bytes, numbers.at(), 4);
    items.set(id, { id, type, entry, textsAt: numbers.at() + 4, extents: places.get(id) ?? [] });
  }
  return items;
}

/** A list for each item of the numbers of its properties, which begin with 1. */
function readAssociations(bytes: Uint8Array, boxes: readonly Box[]): Map<number, number[]> {
  const associations = new Map<number, number[]>();
  let left = mostEntries;
  for (const { content, end } of boxes) {
    const isWide = ((bytes[content + 3] as number) & 1) === 1;
    const numbers = numbersFrom(bytes, content + fullBox);
    for (let count = numbers.next(4); count > 0 && numbers.at() < end; count -= 1) {
      const id = numbers.next(bytes[content] === 0 ? 2 : 4);
      const found: number[] = [];
      for (let properties = numbers.next(1); properties > 0 && left > 0; properties -= 1) {
        found.push(isWide ? numbers.next(2) & 0x7fff : numbers.next(1) & 0x7f);
        left -= 1;
      }
      associations.set(id, found);
    }
  }
  return associations;
}

function readReferences(bytes: Uint8Array, iref: Box | undefined): Reference[] | null {
  if (!iref) return [];
  const boxes = boxesIn(bytes, iref.content + fullBox, iref.end);
  const idSize = bytes[iref.content] === 0 ? 2 : 4;
  let left = mostEntries;
  return (
    boxes?.map(({ type, content, end }) => {
      const numbers = numbersFrom(bytes, content);
      const from = numbers.next(idSize);
      const to: number[] = [];
      for (let count = numbers.next(2); count > 0 && left > 0 && numbers.at() < end; count -= 1) {
        to.push(numbers.next(idSize));
        left -= 1;
      }
      return { type, from, to };
    }) ?? null
  );
}

/** Behind version and flags: width 4 | height 4 */
export function sizeIn(bytes: Uint8Array, ispe: Box): { width: number; height: number } {
  return { width: uint32(bytes, ispe.content + fullBox), height: uint32(bytes, ispe.content + fullBox + 4) };
}
