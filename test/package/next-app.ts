import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exampleFolder } from './example.js';
import { freePort } from './free-port.js';
import { withSqlite } from './round-trip.js';
import { run } from './run.js';

const environment = { ...withSqlite, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };

/** The app of examples/nextjs, installed as its users do, and ready to be changed. */
export async function createNextApp(tarball: string, folder: string) {
  const example = exampleFolder('nextjs');
  await cp(example, folder, { recursive: true, filter: (path) => !/node_modules|\.next|[\\/]data$/.test(path) });
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  delete manifest.dependencies['better-sqlite3']; // NODE_PATH leads to the one of the project, which is built
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quick, tarball], folder).catch((cause) => {
    throw new Error('Next.js could not be installed from the npm registry: is it reachable?', { cause });
  });
  const files = await filesIn(example);
  const next = join(folder, 'node_modules/next/dist/bin/next');

  async function write(path: string, text: string) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }

  return {
    folder,
    files,
    write,

    /** Puts the app back as it is in examples/, with these files besides, and nothing built or stored. */
    async reset(more: Record<string, string>) {
      for (const made of ['.next', 'data']) await rm(join(folder, made), { recursive: true, force: true });
      for (const [path, text] of Object.entries({ ...files, ...more })) await write(path, text);
    },

    async build(...args: string[]) {
      await run(process.execPath, [next, 'build', ...args], folder, environment);
      const standalone = join(folder, '.next/standalone/.next');
      // As its documentation says: files for browsers are not among those of the server.
      if (existsSync(standalone))
        await cp(join(folder, '.next/static'), join(standalone, 'static'), { recursive: true });
    },

    /** What a backend made in the folder of the app, database and keys. */
    async madeFiles() {
      const paths = await readdir(folder, { recursive: true });
      return paths.filter((path) => /sqlite|\.key$/.test(path) && !path.includes('node_modules'));
    },

    /** Starts a server of the app: `next start`, `next dev` or the one of a standalone build. */
    async start(command: 'start' | 'dev' | 'standalone') {
      const port = await freePort();
      const args =
        command === 'standalone'
          ? [join(folder, '.next/standalone/server.js')]
          : [next, command, '--port', String(port), '--hostname', '127.0.0.1'];
      const env = {
        ...process.env,
        ...environment,
        PORT: String(port),
        HOSTNAME: '127.0.0.1',
        PIXSTORE_DATA: join(folder, 'data'),
      };
      return startedServer(spawn(process.execPath, args, { cwd: folder, env }), `http://127.0.0.1:${port}`);
    },
  };
}

/** The files of the example, by their paths. */
async function filesIn(example: string): Promise<Record<string, string>> {
  const paths = (await readdir(example, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  const sources = paths.filter((path) => /^(app|lib)\/.*\.(tsx?|css)$|^next\.config\.ts$/.test(path));
  const texts = sources.map(async (path) => [path, await readFile(join(example, path), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts));
}

export type NextApp = Awaited<ReturnType<typeof createNextApp>>;
export type NextServer = Awaited<ReturnType<NextApp['start']>>;

/** Resolves when it takes requests. */
async function startedServer(server: ChildProcess, origin: string) {
  let log = '';
  const exited = once(server, 'exit');
  await new Promise<void>((resolve, reject) => {
    const read = (text: unknown) => {
      log += text;
      if (log.includes('Ready in')) resolve();
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    exited.then(() => reject(new Error(`Next.js ended:\n${log}`)));
  });
  return {
    origin,
    log: () => log,
    async stop() {
      server.kill();
      await exited;
    },
  };
}
