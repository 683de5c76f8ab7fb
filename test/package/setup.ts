import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { TestProject } from 'vitest/node';
import { root, run, tool } from './run.js';

/** What `npm pack` says of the tarball, and the empty app that has installed it. */
export interface PackedPackage {
  /** Where the tarball is. */
  tarball: string;
  /** Bytes of the tarball, and of what it unpacks to. */
  size: number;
  unpackedSize: number;
  /** Paths of its files. */
  files: string[];
  /** The folder of the app. */
  app: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    packed: PackedPackage;
  }
}

/** Packs a fresh build and installs it into an empty app, once for all tests. */
export default async function setup({ provide }: TestProject) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pixstore-package-')));
  const packed = await pack(await buildInto(join(folder, 'checkout')), folder);
  provide('packed', { ...packed, app: await install(packed.tarball, join(folder, 'app')) });
  return () => rm(folder, { recursive: true, force: true });
}

/** A copy, so that neither an old build gets into the package nor the developer's dist/ is touched. */
async function buildInto(checkout: string) {
  const leftOut = ['node_modules', '.git', 'dist', 'coverage', `demo${sep}data`, `demo${sep}dist`];
  await cp(root, checkout, { recursive: true, filter: (path) => !leftOut.includes(relative(root, path)) });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'), 'junction');
  await run(process.execPath, [tool('typescript/bin/tsc'), '-b'], checkout);
  return checkout;
}

async function pack(checkout: string, destination: string) {
  const output = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', destination], checkout);
  const [{ filename, size, unpackedSize, files }] = JSON.parse(output);
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  return { tarball: join(destination, filename), size, unpackedSize, files: paths };
}

async function install(tarball: string, app: string) {
  await mkdir(app);
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quick, tarball], app);
  return app;
}
