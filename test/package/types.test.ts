import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { root, run, tool } from './run.js';

const { app } = inject('packed');

beforeAll(async () => {
  await cp(join(root, 'test', 'package', 'consumer', 'program.ts'), join(app, 'program.ts'));
  await mkdir(join(app, 'node_modules', '@types'), { recursive: true });
  await symlink(tool('@types/node'), join(app, 'node_modules', '@types', 'node'), 'junction');
  await symlink(tool('undici-types'), join(app, 'node_modules', 'undici-types'), 'junction');
});

// One that has the resolution `node10`, which the project's own has left behind. It knows no generic Uint8Array.
const olderTypeScript = createRequire(tool('@arethetypeswrong/core/package.json')).resolve('typescript/bin/tsc');

const compilerOptions = {
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Compiles a program, with options of its own. @throws Error with what the compiler says */
async function compile(program: string, options: Record<string, unknown>, compiler = tool('typescript/bin/tsc')) {
  const file = join(app, `tsconfig.${options.module}-${options.moduleResolution}.json`);
  const config = { compilerOptions: { ...compilerOptions, ...options }, files: [program] };
  await writeFile(file, JSON.stringify(config));
  expect(await run(process.execPath, [compiler, '-p', file], app)).toBe('');
}

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
])('a program compiles with moduleResolution $moduleResolution', async (options) => {
  await compile('program.ts', options);
});

test.each([
  [{ module: 'node20', moduleResolution: 'node16' }, undefined],
  [{ module: 'commonjs', moduleResolution: 'node10', skipLibCheck: true }, olderTypeScript],
])('a CommonJS program compiles with %o', async (options, compiler) => {
  await cp(join(app, 'program.ts'), join(app, 'program.cts'));
  await compile('program.cts', options, compiler);
});

test.each(['node16', 'node18'])(
  'a CommonJS program compiles with module %s as docs/frameworks.md says',
  async (module) => {
    const documented = "import type { ImageRecord } from 'pixstore/types' with { 'resolution-mode': 'import' }";
    expect(await readFile(join(root, 'docs/frameworks.md'), 'utf8')).toContain(documented);
    const program = `
    ${documented};
    export async function recordOf(id: string): Promise<ImageRecord | null> {
      const { initPixstoreBackend } = await import('pixstore/backend');
      return initPixstoreBackend({ defaultEndpointEnabled: false }).getImageRecord(id);
    }`;
    await writeFile(join(app, 'lazy.cts'), program);
    await compile('lazy.cts', { module, moduleResolution: 'node16' });
  },
);
