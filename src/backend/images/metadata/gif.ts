import { textAt } from '../headers/bytes.js';
import { type GifBlock, gifBlocks, gifBlocksAt } from '../headers/gif.js';
import { type Assembly, createAssembly } from './assembly.js';
import { largestProfile, mostPieces, notStrippable, piecesInStep, type Stripping } from './stripping.js';

const [graphicControl, application] = [0xf9, 0xff];
const controlLength = 6; // length 1 | 4 | an empty piece

// Length 1 | name of the application 11; and what says how often the animation is shown: length 1 | 1 | times 2 | 0
const nameLength = 11;
const loopNames = ['NETSCAPE2.0', 'ANIMEXTS1.0'];
const profileName = 'ICCRGBG1012';

/**
 * A GIF with its pictures, how long each of them is shown and how often all are, and its colour profile; no comments,
 * texts, XMP or other extensions, and nothing behind its end.
 *
 * @throws PixstoreError `IMAGE_NOT_STRIPPABLE`
 */
export function* stripGif(source: Uint8Array): Stripping {
  const result = createAssembly(source);
  result.keepPicture(0, gifBlocksAt(source));
  let count = 0;
  for (const block of gifBlocks(source)) {
    count += 1;
    if (count % piecesInStep === 0) yield;
    if (typeof block === 'string' || count > mostPieces) throw notStrippable('its end cannot be reached');
    if (block.kind === 'picture') result.keepPicture(block.at, block.end);
    else if (block.kind === 'extension') keepExtension(source, block, result);
    else {
      result.keep(block.at, block.end);
      return yield* result.join();
    }
  }
  throw notStrippable('its end cannot be reached');
}

function keepExtension(source: Uint8Array, { label, at, data, end }: GifBlock, result: Assembly): void {
  if (label === graphicControl && end - data === controlLength) result.keepPicture(at, end);
  if (label !== application || source[data] !== nameLength) return;
  const name = textAt(source, data + 1, nameLength);
  const content = data + 1 + nameLength;
  if (loopNames.includes(name) && source[content] === 3 && source[content + 1] === 1) {
    // There may be more behind it, of which nobody makes anything.
    result.keep(at, content + 4);
    result.add(Uint8Array.of(0));
  }
  if (name === profileName && end - data <= largestProfile) result.keep(at, end);
}
