import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The program of a tool that the project has installed, to run with Node. */
export const tool = (path: string) => join(root, 'node_modules', path);

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws Error with all it wrote, when it fails
 */
export function run(command: string, args: string[], folder: string, env: Record<string, string> = {}) {
  return new Promise<string>((resolve, reject) => {
    // On Windows npm is a .cmd file, which only a shell starts.
    const shell = process.platform === 'win32' && command !== process.execPath;
    execFile(command, args, { cwd: folder, env: { ...process.env, ...env }, shell }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

/** Runs a module in a folder, as plain Node does. */
export const runModule = (folder: string, code: string, env?: Record<string, string>) =>
  run(process.execPath, ['--input-type=module', '--eval', code], folder, env);
