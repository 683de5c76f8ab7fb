import { build } from 'esbuild';

const scripts = ['../page/conductor.ts', '../page/visited.ts', '../../browser/harness/worker.ts'];

let bundled: Promise<Map<string, string>> | undefined;

/** The scripts of the pages by path, with the built package as an application would bundle it. */
export function pageScripts(): Promise<Map<string, string>> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: scripts.map((path) => new URL(path, import.meta.url).pathname),
    outdir: '/',
    entryNames: '[name]',
    bundle: true,
    format: 'esm',
    sourcemap: process.env.PIXSTORE_COVERAGE_DIR ? 'inline' : false,
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/')), text]));
}
