import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build, type PluginOption } from 'vite';
import { onTestFinished } from 'vitest';
import { type Listening, listen } from '../harness/listen.js';

/** How an app is built and served. */
export interface AppOptions {
  /** Development builds of frameworks warn. Default `production`. */
  mode?: 'production' | 'development';
  plugins?: PluginOption[];
  /** Content security policy of the page. */
  policy?: () => string;
  /** What the server has drawn already. */
  body?: () => string;
}

/** Builds an app of `apps/` with Vite, and serves it. */
export async function serveApp(entry: string, { mode = 'production', plugins, policy, body }: AppOptions = {}) {
  const script = await bundle(fileURLToPath(new URL(`apps/${entry}`, import.meta.url)), mode, plugins);
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js';
    if (policy) response.setHeader('Content-Security-Policy', policy());
    response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? script : page(body?.() ?? ''));
  });
  return listen(server);
}

/** The same, until the test ends. */
export async function serveAppOfTest(entry: string, options?: AppOptions): Promise<Listening> {
  const site = await serveApp(entry, options);
  onTestFinished(() => site.close());
  return site;
}

async function bundle(input: string, mode: string, plugins: PluginOption[] = []): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    mode,
    plugins,
    // Vite goes by NODE_ENV, which is `test` here.
    oxc: { jsx: { runtime: 'automatic', development: mode === 'development' } },
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    build: {
      write: false,
      target: 'esnext',
      minify: false,
      sourcemap: process.env.PIXSTORE_COVERAGE_DIR ? 'inline' : false,
      rolldownOptions: { input, output: { format: 'es' } },
    },
  });
  const [output] = [built].flat();
  if (!output || !('output' in output)) throw new Error('Vite built nothing.');
  return output.output[0].code;
}

const page = (body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>pixstore bindings</title>
  <link rel="icon" href="data:,">
  <style>body { margin: 0 }</style>
  <body>${body}<script type="module" src="/page.js"></script>`;
