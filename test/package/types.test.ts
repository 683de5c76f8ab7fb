import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
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

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
])('a program compiles with moduleResolution $moduleResolution', async (resolution) => {
  const config = {
    compilerOptions: {
      ...resolution,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    },
    files: ['program.ts'],
  };
  const file = join(app, `tsconfig.${resolution.moduleResolution}.json`);
  await writeFile(file, JSON.stringify(config));
  expect(await run(process.execPath, [tool('typescript/bin/tsc'), '-p', file], app)).toBe('');
});
