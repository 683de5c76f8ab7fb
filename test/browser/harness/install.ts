import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from '../../../scripts/run.mjs';

const cache = join(root, 'node_modules', '.cache');

/**
 * Installs packages beside our own, from the registry; once, then they are kept.
 *
 * @param name - of their folder
 * @param packages - each with its exact version
 * @returns a folder from which they resolve
 * @throws Error when the registry cannot be reached
 */
async function install(name: string, packages: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(cache, name);
  if (await hasAll(folder, packages)) return folder;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${folder}-`); // so that an install that is broken off leaves nothing half done
  try {
    await writeFile(join(draft, 'package.json'), '{ "private": true }\n');
    const quick = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
    const plain = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    const specs = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
    const { output } = await run('npm', ['install', '--prefix', draft, ...quick, ...plain, ...specs], { seconds: 50 });
    if (!(await hasAll(draft, packages))) {
      throw new Error(
        `${specs.join(', ')}, which this test runs, could not be installed from the npm registry: is it reachable? ` +
          `npm said:\n${output.trim()}`,
      );
    }
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    return folder;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** pixstore 3.2.1, the last version before this one. */
export const installPeer = (): Promise<string> => install('pixstore-peer', { pixstore: '3.2.1' });

/** SvelteKit. Not among our own packages: it does not go with our version of TypeScript. */
export const installSvelteKit = (): Promise<string> =>
  install('sveltekit', {
    '@sveltejs/kit': '2.70.4',
    '@sveltejs/vite-plugin-svelte': '7.3.1',
    svelte: '5.57.3',
    vite: '8.4.0',
  });

/** What applications run their tests with. A runner finds the DOMs beside itself. */
export const installTestRunners = (): Promise<string> =>
  install('test-runners', {
    vitest: '4.1.12',
    jsdom: '29.1.1',
    'happy-dom': '21.0.4',
    jest: '30.5.2',
    'jest-environment-jsdom': '30.5.2',
  });

/** React, and Vite with what it builds pages of React with. */
export const installReact = (): Promise<string> =>
  install('react', {
    react: '19.3.1',
    'react-dom': '19.3.1',
    vite: '8.4.0',
    '@vitejs/plugin-react': '6.3.0',
  });

/** Vue, and Vite with what it builds pages of Vue with. */
export const installVue = (): Promise<string> =>
  install('vue', {
    vue: '3.5.45',
    vite: '8.4.0',
    '@vitejs/plugin-vue': '6.0.11',
  });

async function hasAll(folder: string, packages: Readonly<Record<string, string>>): Promise<boolean> {
  const found = Object.entries(packages).map(async ([name, version]) => {
    const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8').catch(() => '{}');
    return JSON.parse(manifest).version === version;
  });
  return (await Promise.all(found)).every(Boolean);
}
