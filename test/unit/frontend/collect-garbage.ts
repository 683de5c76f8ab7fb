import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** Collects at once what nobody holds since the task began. What is told of it is told later. */
export const collect = runInNewContext('gc') as () => void;

/** Collects what nobody holds. A WeakRef that was looked at keeps its target until the task ends. */
export async function collectGarbage(): Promise<void> {
  await new Promise(setImmediate);
  collect();
  await new Promise(setImmediate);
}
