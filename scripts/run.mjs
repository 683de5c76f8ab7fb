import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the project, where every command runs. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program and waits for its end; never throws.
 *
 * @param {string} command a program on the PATH, or `process.execPath`
 * @param {string[]} args
 * @param {{ show?: boolean, seconds?: number, env?: Record<string, string> }} [options] `show` lets the program write
 *   to our terminal, otherwise its output is collected; after `seconds` it is stopped, and that counts as failed
 * @returns {Promise<{ ok: boolean, output: string }>}
 *
 * @example
 * const { ok, output } = await run(process.execPath, ['--version']);
 */
export function run(command, args, { show = false, seconds, env = {} } = {}) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      // On Windows npm and npx are .cmd files, which only a shell starts.
      shell: process.platform === 'win32' && command !== process.execPath,
      ...(seconds === undefined ? {} : { timeout: seconds * 1000 }),
    });
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * Runs a program of node_modules on this Node, without the detour over npx.
 *
 * @param {string} path inside node_modules
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runInstalled(path, args, options) {
  return run(process.execPath, [`node_modules/${path}`, ...args], options);
}

/** The major version of the Node that runs this. */
export const nodeMajor = Number.parseInt(process.versions.node, 10);

/**
 * Runs `main` when its module is the program that was started, and not an import of another. What it throws is shown as
 * one sentence, without a stack.
 *
 * @param {string} url the `import.meta.url` of the module
 * @param {() => unknown} main
 */
export async function runAsProgram(url, main) {
  if (process.argv[1] === undefined || fileURLToPath(url) !== realpathSync(process.argv[1])) return;
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
