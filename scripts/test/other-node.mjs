import { nodeMajor, run } from '../run.mjs';

/** @typedef {(args: string[], options?: Parameters<typeof run>[2]) => ReturnType<typeof run>} RunNode */

/** The major version that tests run on beside this one: on the other side of Node 24, which brought SQLite. */
export const otherMajor = nodeMajor < 24 ? 24 : 20;

/**
 * The other Node, from the registry.
 *
 * The package `node` would need an install script, and .npmrc allows none: npx would then silently run this Node. The
 * packages per platform carry the program itself. Which Node it is, is looked at all the same.
 *
 * @returns {Promise<RunNode>} runs a program on it
 * @throws {Error} when it cannot be had
 */
export async function otherNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `${platform}-${process.arch}`;
  const spec = `node-${name === 'darwin-arm64' ? 'bin-darwin-arm64' : name}@${otherMajor}`;
  /** @type {RunNode} */
  const runNode = (args, options) => run('npx', ['--yes', '--package', spec, 'node', ...args], options);

  const { output } = await runNode(['--version'], { seconds: 300 });
  if (output.includes(`v${otherMajor}.`)) return runNode;
  throw new Error(`Node ${otherMajor} could not be had from the npm registry (package ${spec}): is it reachable?`);
}
