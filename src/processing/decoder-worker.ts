import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { bitmapSize, decodeBitmap } from './bitmap.js';
import type { ThreadAnswer, ThreadWork } from './decoder-thread.js';
import { heicProfile } from './heic-size.js';
import type { Size } from './plan.js';
import { makeTiff } from './tiff.js';

// The program of a thread that decodes one picture.

/** The little that is asked of libheif-js. */
interface HeifImage {
  get_width(): number;
  get_height(): number;
  is_primary(): boolean;
  display(into: { data: Uint8Array } & Size, done: (result: unknown) => void): void;
}
interface Libheif {
  HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[] };
}

const tooLarge = 'it has more pixels than its header says';

async function decodeHeic({ bytes, mostPixels }: ThreadWork): Promise<ThreadAnswer> {
  const libheif = createRequire(import.meta.url)('libheif-js/wasm-bundle') as Libheif;
  const images = new libheif.HeifDecoder().decode(bytes);
  const image = images.find((candidate) => candidate.is_primary()) ?? images[0];
  if (!image) return { problem: 'there is no picture in it that can be decoded' };
  const size = { width: image.get_width(), height: image.get_height() };
  if (size.width * size.height > mostPixels) return { problem: tooLarge };
  const { file, pixels } = makeTiff(size, heicProfile(bytes));
  const isWhole = await new Promise((resolve) => image.display({ data: pixels, ...size }, resolve));
  return isWhole ? { tiff: file } : { problem: 'it does not decode' };
}

function decodeBmp({ bytes, mostPixels }: ThreadWork): ThreadAnswer {
  const size = bitmapSize(bytes);
  if (!size) return { problem: 'its header is broken' };
  if (size.width * size.height > mostPixels) return { problem: tooLarge };
  const { file, pixels } = makeTiff(size);
  const problem = decodeBitmap(bytes, size, pixels);
  return problem ? { problem } : { tiff: file };
}

const work = workerData as ThreadWork;
const answer = work.kind === 'heic' ? await decodeHeic(work) : decodeBmp(work);
parentPort?.postMessage(answer, 'tiff' in answer ? [answer.tiff.buffer as ArrayBuffer] : []);
