import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { textAt, uint16 } from '../headers/bytes.js';
import { exifOf, isStartOfFrame, standsAlone } from '../headers/jpeg.js';
import { type Assembly, createAssembly } from './assembly.js';
import { type GainMap, mapSegments, primarySegments, readIsoMap, readXmpMap } from './gain-map.js';
import { scanEnd } from './jpeg-scan.js';
import { isOfApplications, isProfile, isScanHeader, isTable, keptOf, type Segment, segment } from './jpeg-segments.js';
import { placesIn } from './multi-picture.js';
import { orientationAlone } from './orientation.js';
import { largestProfile, mostPieces, notStrippable, piecesInStep, type Steps, type Stripping } from './stripping.js';

const [startOfImage, endOfImage, startOfScan] = [0xd8, 0xd9, 0xda];
const [app1, app2] = [0xe1, 0xe2];

/** Bytes between segments, in all of a file. */
const mostStrays = 65_536;

/** One JPEG of a file, which may have several. */
interface WalkedJpeg {
  /** Behind the marker of its end. */
  end: number;
  /** Where it says that more of them are. */
  places: readonly number[];
  /** What it says of itself as a gain map. */
  gainMap: GainMap;
  /** For segments that are known later; empty until then. */
  later: { bytes: Uint8Array };
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
  let at = start + 2;
  result.keep(start, at);
  let later: { bytes: Uint8Array } | undefined;
  let exif: Uint8Array | null = null;
  let places: readonly number[] = [];
  const gainMap: GainMap = { xmp: null, iso: null };
  let profileLength = 0;
  let hasFrame = false;
  let hasScan = false;
  let strays = mostStrays;

  for (let count = 1; count <= mostPieces; count += 1) {
    if (count % piecesInStep === 0) yield;
    const next = markerAt(source, at, strays);
    strays -= next - at;
    at = next;
    const marker = source[at + 1] as number;
    if (marker === endOfImage) {
      if (!hasScan || !later) throw notStrippable('there is no picture in front of its end');
      result.keep(at, at + 2);
      return { end: at + 2, places, gainMap, later };
    }
    if (standsAlone(marker)) {
      at += 2; // decoders pass over it, so it goes
      continue;
    }
    const found: Segment = { marker, at, content: at + 4, end: at + 2 + uint16(source, at + 2) };
    if (marker === startOfImage || found.end < found.content || found.end > source.length)
      throw notStrippable('a segment has an odd length');
    at = found.end;
    if (isOfApplications(marker)) {
      if (hasScan) continue; // too late to be believed
      const kept = keptOf(source, found);
      if (isProfile(source, found)) {
        profileLength += found.end - found.at;
        if (profileLength > largestProfile) throw notStrippable('its colour profile is too large for one');
        result.keep(found.at, found.end);
      } else if (kept) {
        result.add(kept);
      } else if (marker === app1 && isFirst && !exif) {
        exif = exifOf(source, found.content, found.end);
        const alone = orientationAlone(exif);
        if (alone) result.add(segment(app1, Buffer.from('Exif\0\0', 'latin1'), alone));
      } else if (marker === app1 && !isFirst) {
        gainMap.xmp ??= readXmpMap(source, found);
      } else if (marker === app2) {
        if (isFirst && places.length === 0) places = placesIn(source, found);
        gainMap.iso ??= readIsoMap(source, found);
      }
      continue;
    }
    later ??= result.add(new Uint8Array());
    if (marker === startOfScan) {
      if (!hasFrame || !isScanHeader(source, found)) throw notStrippable('a scan has an odd header');
      hasScan = true;
      const end = yield* scanEnd(source, found.end);
      if (end === null) throw notStrippable('the marker of its end (EOI) was not found');
      result.keepPicture(found.at, end);
      at = end;
    } else {
      if (!isTable(source, found)) throw notStrippable('it has a segment that is none of those that pictures have');
      if (isStartOfFrame(marker) && hasFrame) throw notStrippable('it has a second frame');
      hasFrame ||= isStartOfFrame(marker);
      result.keepPicture(found.at, found.end);
    }
  }
  throw notStrippable(`it has more than ${mostPieces} segments`);
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
