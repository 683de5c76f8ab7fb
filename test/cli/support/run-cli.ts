import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../unit/docs/markdown.js';

/** The program as it is built: `npm run build` comes first. */
export const program = join(root, 'dist/cli/index.js');

export interface RunOptions {
  /** Where it runs: the database is there, unless it is said to be elsewhere. */
  cwd: string;
  /** Beside PATH; no master key is taken from whoever runs the tests. */
  env?: Record<string, string>;
  /** What it reads. Default: nothing. */
  input?: string;
  /** The user that it runs as, where root runs the tests. Default: whoever runs them. */
  uid?: number;
}

/** How a command ended, and what it wrote. */
export interface Ended {
  /** Null when it was killed. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that runs. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves once it has written what matches, to whichever stream. */
  said(pattern: RegExp): Promise<void>;
}

export function startCli(words: readonly string[], { cwd, env = {}, input = '', uid }: RunOptions): Running {
  const child = spawn(process.execPath, [program, ...words], {
    cwd,
    ...(uid !== undefined && { uid, gid: uid }),
    env: { PATH: process.env.PATH, NO_COLOR: '1', ...env },
    stdio: 'pipe',
  });
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.on('error', () => {}).end(input); // it need not read all of it
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...written }));
  });

  function said(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!pattern.test(written.stdout) && !pattern.test(written.stderr)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then(({ stderr }) => reject(new Error(`It ended without saying ${pattern}: ${stderr}`)));
    });
  }

  return { child, ended, said };
}

/**
 * Runs a command to its end.
 *
 * @example
 * const { code, stdout } = await runCli(['list', '--json'], { cwd: folder });
 */
export function runCli(words: readonly string[], options: RunOptions): Promise<Ended> {
  return startCli(words, options).ended;
}

/** Documents of `--json`. */
export function jsonLines<Line = Record<string, unknown>>(text: string): Line[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
