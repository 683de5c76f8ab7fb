import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Starts another Node, which finds the built library as `pixstore/...`.
 *
 * @param {string[]} args a program and its arguments
 * @param {Record<string, string>} [env] added to ours
 */
export function startNode(args, env = {}) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'pipe', env: { ...process.env, ...env } });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  // It may be dead before it reads.
  child.stdin.on('error', () => {});
  /** @type {Promise<{ code: number | null, signal: string | null, complaint: string }>} */
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, complaint }));
  });
  return {
    pid: /** @type {number} */ (child.pid),
    lines: createInterface({ input: child.stdout }),
    send: (/** @type {string} */ line) => void child.stdin.write(`${line}\n`),
    kill: () => void child.kill('SIGKILL'),
    ended,
  };
}

/**
 * Runs another Node to its end.
 *
 * @param {string[]} args a program and its arguments
 * @returns {Promise<{ lines: string[], complaint: string }>} what it printed, and what it wrote to standard error
 * @throws {Error} when it fails
 */
export async function runNode(args) {
  const program = startNode(args);
  const lines = [];
  for await (const line of program.lines) lines.push(line);
  const { code, signal, complaint } = await program.ended;
  if (code !== 0) throw new Error(`the program failed (${code ?? signal}): ${complaint}`);
  return { lines, complaint };
}
