import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { textAt, uint16 } from '../headers/bytes.js';
import { exifOf, isStartOfFrame, standsAlone } from '../headers/jpeg.js';
import { type Assembly, createAssembly } from './assembly.js';
import { type GainMap, mapSegments, primarySegments, readIsoMap, readXmpMap } from './gain-map.js';
import { scanEnd } from './jpeg-scan.js';
import { isOfApplications, isProfile, isScanHeader, isTable, keptOf, type Segment, segment } from './jpeg-segments.js';
import { placesIn } from './multi-picture.js';
import { orientationAlone } from './orientation.js';
import {
  bytesInStep,
  largestProfile,
  mostPieces,
  notStrippable,
  piecesInStep,
  type Steps,
  type Stripping,
} from './stripping.js';

const [startOfImage, endOfImage, startOfScan] = [0xd8, 0xd9, 0xda];
const [app1, app2] = [0xe1, 0xe2];

/** Bytes between segments, in all of a file. */
const mostStrays = 65_536;

/** What was found on the way through a JPEG, of which a file may have several. */
interface WalkedJpeg {
  /** The one that is shown; the others may be its gain map. */
  isFirst: boolean;
  hasFrame: boolean;
  hasScan: boolean;
  exif: Uint8Array | null;
  /** Of its colour profile, in bytes. */
  profileLength: number;
  /** Where it says that more pictures are. */
  places: readonly number[];
  /** What it says of itself as a gain map. */
  gainMap: GainMap;
  /** For segments that are known later; empty until then. */
  later: { bytes: Uint8Array };
  /** Behind the marker of its end. */
  end: number;
}

/**
 * A JPEG with its tables, frame and scans, its colour profile, JFIF, Adobe's segment, and the orientation of its EXIF.
 * What stands behind its end goes as well, but for a gain map, by which screens show more light: that is stripped in
 * turn, and where it is, is written anew.
 *
 * @throws PixstoreError `IMAGE_NOT_STRIPPABLE`
 */
export function* stripJpeg(source: Uint8Array): Stripping {
  const result = createAssembly(source);
  const primary = yield* walk(source, 0, result, true);
  for (const at of [...primary.places, primary.end]) {
    const map = createAssembly(source);
    const walked = yield* walkFurther(source, at, map);
    const segments = walked && mapSegments(walked.gainMap);
    if (!segments) continue;
    walked.later.bytes = segments;
    const before = result.offsetOf(primary.later);
    const behind = result.offsetOf() - before;
    primary.later.bytes = primarySegments(walked.gainMap, { before, behind, mapLength: map.offsetOf() });
    result.append(map);
    break;
  }
  return yield* result.join();
}

/** Null for what is no JPEG, or a broken one, which goes with all else that stands behind the end. */
function* walkFurther(source: Uint8Array, at: number, result: Assembly): Steps<WalkedJpeg | null> {
  if (textAt(source, at, 3) !== '\xff\xd8\xff') return null;
  try {
    return yield* walk(source, at, result, false);
  } catch (error) {
    if (error instanceof PixstoreError) return null;
    throw error;
  }
}

function* walk(source: Uint8Array, start: number, result: Assembly, isFirst: boolean): Steps<WalkedJpeg> {
  const found: WalkedJpeg = {
    ...{ isFirst, hasFrame: false, hasScan: false, exif: null, profileLength: 0, places: [] },
    ...{ gainMap: { xmp: null, iso: null }, later: { bytes: new Uint8Array() }, end: 0 },
  };
  result.keep(start, start + 2);
  let at = start + 2;
  let strays = mostStrays;
  let isAtPicture = false;
  let stepEnd = at + bytesInStep;
  for (let count = 1; count <= mostPieces; count += 1) {
    if (count % piecesInStep === 0 || at > stepEnd) {
      yield;
      stepEnd = at + bytesInStep;
    }
    const before = at;
    at = markerAt(source, before, strays);
    strays -= at - before;
    const marker = source[at + 1] as number;
    if (marker === endOfImage) {
      if (!found.hasScan) throw notStrippable('there is no picture in front of its end');
      result.keep(at, at + 2);
      return { ...found, end: at + 2 };
    }
    const next = segmentAt(source, at);
    if (next === null) {
      at += 2;
    } else if (isOfApplications(marker)) {
      if (!found.hasScan) keepOfApplications(source, next, result, found); // behind that nobody believes it
      at = next.end;
    } else {
      if (!isAtPicture) found.later = result.add(found.later.bytes);
      isAtPicture = true;
      at = yield* keepOfPicture(source, next, result, found);
    }
  }
  throw notStrippable(`it has more than ${mostPieces} segments`);
}

/** Null for a marker that stands alone: decoders pass over it, so it goes. */
function segmentAt(source: Uint8Array, at: number): Segment | null {
  const marker = source[at + 1] as number;
  if (standsAlone(marker)) return null;
  const found = { marker, at, content: at + 4, end: at + 2 + uint16(source, at + 2) };
  if (marker !== startOfImage && found.end >= found.content && found.end <= source.length) return found;
  throw notStrippable('a segment has an odd length');
}

function keepOfApplications(source: Uint8Array, next: Segment, result: Assembly, found: WalkedJpeg): void {
  const { marker, at, content, end } = next;
  const kept = keptOf(source, next);
  if (kept) {
    result.add(kept);
  } else if (isProfile(source, next)) {
    found.profileLength += end - at;
    if (found.profileLength > largestProfile) throw notStrippable('its colour profile is too large for one');
    result.keep(at, end);
  } else if (marker === app1 && found.isFirst && !found.exif) {
    found.exif = exifOf(source, content, end);
    const alone = orientationAlone(found.exif);
    if (alone) result.add(segment(app1, Buffer.from('Exif\0\0', 'latin1'), alone));
  } else if (marker === app1 && !found.isFirst) {
    found.gainMap.xmp ??= readXmpMap(source, next);
  } else if (marker === app2) {
    if (found.isFirst && found.places.length === 0) found.places = placesIn(source, next);
    found.gainMap.iso ??= readIsoMap(source, next);
  }
}

/** @returns where the next segment is */
function* keepOfPicture(source: Uint8Array, next: Segment, result: Assembly, found: WalkedJpeg): Steps<number> {
  const { marker, at } = next;
  if (marker !== startOfScan) {
    if (!isTable(source, next)) throw notStrippable('it has a segment that is none of those that pictures have');
    if (isStartOfFrame(marker) && found.hasFrame) throw notStrippable('it has a second frame');
    found.hasFrame ||= isStartOfFrame(marker);
    result.keepPicture(at, next.end);
    return next.end;
  }
  if (!found.hasFrame || !isScanHeader(source, next)) throw notStrippable('a scan has an odd header');
  // A preview goes anyway: no time is spent on its scans.
  if (!found.isFirst && !mapSegments(found.gainMap)) throw notStrippable('it is no gain map');
  found.hasScan = true;
  const end = yield* scanEnd(source, next.end);
  if (end === null) throw notStrippable('the marker of its end (EOI) was not found');
  result.keepPicture(at, end);
  return end;
}

/** Behind fill bytes, and stray ones, over which decoders pass. */
function markerAt(source: Uint8Array, from: number, mostStrays: number): number {
  const end = Math.min(from + mostStrays + 1, source.length - 1);
  for (let at = from; at < end; at += 1) {
    const next = source[at + 1];
    if (source[at] === 0xff && next !== 0xff && next !== 0x00) return at;
  }
  throw notStrippable('the marker of its end (EOI) was not found');
}
