// biome-ignore lint/style/useNodejsImportProtocol: with it, webpack makes no file of the thread's program
import { Worker } from 'worker_threads';
import { broken, decodingFailed, threadMissing, tooMuchMemory } from './failures.js';
import type { Turn } from './turns.js';

export type ThreadFormat = 'heic' | 'bmp';

/** What a thread is told. */
export interface ThreadWork {
  kind: ThreadFormat;
  bytes: Uint8Array;
  /** Pixels that there was memory for: what has more is refused, whatever its header said. */
  mostPixels: number;
}

/** What it answers: a TIFF, or what is wrong, as part of a sentence. */
export type ThreadAnswer = { tiff: Uint8Array } | { problem: string };

/** Of the objects of the thread; pixels are beside them. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

/**
 * Decodes one picture on a thread of its own, which ends with it, or with its time: what a decoder leaves behind is gone
 * then.
 *
 * @throws PixstoreError `IMAGE_BROKEN`, `IMAGE_TOO_LARGE_TO_DECODE`, `PROCESSING_TIMEOUT` or `PROCESSING_UNAVAILABLE`
 */
export async function decodeOnThread(work: ThreadWork, { signal }: Turn): Promise<Uint8Array> {
  signal.throwIfAborted();
  // What decoders print is for those who debug them.
  const quiet = { stdout: true, stderr: true, execArgv: [] };
  const worker = new Worker(new URL('./decoder-worker.js', import.meta.url), {
    workerData: work,
    resourceLimits,
    ...quiet,
  });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop);
  try {
    const answer = await new Promise<ThreadAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(signal.aborted ? signal.reason : broken('its decoder ended unexpectedly')));
    });
    if ('problem' in answer) throw broken(answer.problem);
    return answer.tiff;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') throw tooMuchMemory();
    if (code?.endsWith('MODULE_NOT_FOUND')) throw threadMissing(error);
    throw decodingFailed(error);
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
