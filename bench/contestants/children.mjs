/** @type {Map<import('node:child_process').ChildProcess, NodeJS.Signals>} */
const children = new Map();
process.on('exit', () => {
  for (const [child, signal] of children) child.kill(signal);
});

/**
 * No process outlives the benchmark, however that ends short of SIGKILL.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} [signal]
 */
export function endWithUs(child, signal = 'SIGKILL') {
  children.set(child, signal);
  child.once('exit', () => children.delete(child));
}
