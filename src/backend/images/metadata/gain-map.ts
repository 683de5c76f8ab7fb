import { textAt } from '../headers/bytes.js';
import { type Segment, segment } from './jpeg-segments.js';
import { multiPicture, multiPictureLength } from './multi-picture.js';

// A gain map is a second, small picture behind the first one, by which a screen that can show more light does so. What it
// says of itself is in XMP (Ultra HDR by Adobe and Google; Apple's) or in a segment of ISO 21496-1. Only these numbers
// are kept, and written anew.

const [app1, app2] = [0xe1, 0xe2];
const xmpName = 'http://ns.adobe.com/xap/1.0/\0';
const isoName = 'urn:iso:std:iso:ts:21496:-1\0';
const appleType = 'urn:com:apple:photos:2020:aux:hdrgainmap';

const numbers: Readonly<Record<string, readonly string[]>> = {
  hdrgm: [
    'Version',
    'BaseRenditionIsHDR',
    'GainMapMin',
    'GainMapMax',
    'Gamma',
    'OffsetSDR',
    'OffsetHDR',
    'HDRCapacityMin',
    'HDRCapacityMax',
  ],
  HDRGainMap: ['HDRGainMapVersion', 'HDRGainMapHeadroom'],
  apdi: ['NativeFormat', 'StoredFormat'],
};

const namespaces: Readonly<Record<string, string>> = {
  hdrgm: 'http://ns.adobe.com/hdr-gain-map/1.0/',
  HDRGainMap: 'http://ns.apple.com/HDRGainMap/1.0/',
  apdi: 'http://ns.apple.com/pixeldatainfo/1.0/',
};

/** Versions and boundaries, fractions of a certain form: there is room for one or three channels. */
const isoLengths = [37, 61, 77, 141];

/** What a picture says of itself as a gain map; neither of both when it is none. */
export interface GainMap {
  xmp: XmpMap | null;
  /** The content of its segment. */
  iso: Uint8Array | null;
}

interface XmpMap {
  isApples: boolean;
  /** Each value has one number, or three. */
  values: readonly (readonly [prefix: string, name: string, value: readonly string[]])[];
}

export function readXmpMap(source: Uint8Array, { content, end }: Segment): XmpMap | null {
  if (textAt(source, content, xmpName.length) !== xmpName) return null;
  const text = textAt(source, content, end - content);
  const isApples = text.includes(appleType);
  if (!isApples && !/hdrgm:GainMapMax/.test(text)) return null;
  const prefixes = isApples ? ['HDRGainMap', 'apdi'] : ['hdrgm'];
  const values = prefixes.flatMap((prefix) =>
    (numbers[prefix] as string[]).flatMap((name) => {
      const value = numbersOf(text, `${prefix}:${name}`);
      return value ? [[prefix, name, value] as const] : [];
    }),
  );
  return { isApples, values };
}

/** As an attribute, as an element, or as a list of three in one; nothing but numbers and truth is a value. */
function numbersOf(text: string, name: string): string[] | null {
  const attribute = new RegExp(`${name}\\s{0,9}=\\s{0,9}["']([^"'<>]{1,40})["']`).exec(text)?.[1];
  const element = attribute ?? new RegExp(`<${name}>([^]{1,600}?)</${name}>`).exec(text)?.[1];
  const words =
    element
      ?.replace(/<\/?rdf:(Seq|li)>/g, ' ')
      .trim()
      .split(/\s+/) ?? [];
  const areNumbers = words.every((word) => /^(True|False|-?\d{1,20}(\.\d{1,20})?(e-?\d{1,3})?)$/i.test(word));
  return areNumbers && (words.length === 1 || words.length === 3) ? words : null;
}

export function readIsoMap(source: Uint8Array, { content, end }: Segment): Uint8Array | null {
  if (textAt(source, content, isoName.length) !== isoName) return null;
  const length = end - content - isoName.length;
  return isoLengths.includes(length) ? source.subarray(content, end) : null;
}

/** The segments in which a gain map says what it is; null for what is none. */
export function mapSegments({ xmp, iso }: GainMap): Uint8Array | null {
  const parts = [...(xmp ? [xmpSegment(mapXmp(xmp))] : []), ...(iso ? [segment(app2, iso)] : [])];
  return parts.length > 0 ? Buffer.concat(parts) : null;
}

/** The segments by which the picture in front of a gain map says that there is one, and where. */
export function primarySegments(
  { xmp, iso }: GainMap,
  { before, behind, mapLength }: { before: number; behind: number; mapLength: number },
): Uint8Array {
  const parts = [
    ...(xmp && !xmp.isApples ? [xmpSegment(primaryXmp(mapLength))] : []),
    ...(iso ? [segment(app2, Buffer.from(isoName, 'latin1'), [0, 0, 0, 0])] : []), // its versions: 0
  ];
  const length = parts.reduce((sum, part) => sum + part.length, multiPictureLength);
  const second = before + length + behind;
  return Buffer.concat([multiPicture({ segment: before, second, end: second + mapLength }), ...parts]);
}

function xmpSegment(properties: string): Uint8Array {
  const text = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${properties}</rdf:RDF></x:xmpmeta>`;
  return segment(app1, Buffer.from(xmpName + text, 'latin1'));
}

function mapXmp({ isApples, values }: XmpMap): string {
  const prefixes = isApples ? ['HDRGainMap', 'apdi'] : ['hdrgm'];
  const declared = prefixes.map((prefix) => ` xmlns:${prefix}="${namespaces[prefix]}"`).join('');
  const single = values.filter(([, , value]) => value.length === 1);
  const triple = values.filter(([, , value]) => value.length === 3);
  const type = isApples ? ` apdi:AuxiliaryImageType="${appleType}"` : '';
  const attributes = single.map(([prefix, name, [value]]) => ` ${prefix}:${name}="${value}"`).join('');
  const elements = triple.map(([prefix, name, value]) => {
    const items = value.map((word) => `<rdf:li>${word}</rdf:li>`).join('');
    return `<${prefix}:${name}><rdf:Seq>${items}</rdf:Seq></${prefix}:${name}>`;
  });
  return `<rdf:Description rdf:about=""${declared}${type}${attributes}>${elements.join('')}</rdf:Description>`;
}

/** As Ultra HDR 1.1 wants it, which finds the map by the length that is here. */
function primaryXmp(mapLength: number): string {
  const container = 'http://ns.google.com/photos/1.0/container/';
  const declared = `xmlns:Container="${container}" xmlns:Item="${container}item/" xmlns:hdrgm="${namespaces.hdrgm}"`;
  const item = (attributes: string) =>
    `<rdf:li rdf:parseType="Resource"><Container:Item ${attributes} Item:Mime="image/jpeg"/></rdf:li>`;
  const items = item('Item:Semantic="Primary"') + item(`Item:Semantic="GainMap" Item:Length="${mapLength}"`);
  return `<rdf:Description rdf:about="" ${declared} hdrgm:Version="1.0"><Container:Directory><rdf:Seq>${items}</rdf:Seq></Container:Directory></rdf:Description>`;
}
