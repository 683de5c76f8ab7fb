import { describe, expect, test } from 'vitest';
import { checkFile } from '../../../scripts/imports/check-file.mjs';
import { findImports } from '../../../scripts/imports/find-imports.mjs';
import { table } from '../../../scripts/imports/table.mjs';

const importing = (file: string, name: string) => checkFile(table, file, `import type { A } from '${name}';`);

describe('the import table lets through', () => {
  test.each([
    ['src/shared/protocol/payload.ts', './image-id.js'],
    ['src/shared/errors/gate.ts', '../../types/index.js'],
    ['src/backend/images/images.ts', '../../stores/port.js'],
    ['src/backend/images/images.ts', '../keys/sealing.js'],
    ['src/backend/images/inspect.ts', './headers/png.js'],
    ['src/backend/keys/proofs.ts', 'node:crypto'],
    ['src/backend/serving/answer.ts', '../keys/proofs.js'],
    ['src/backend/servers/node-handler.ts', '../serving/endpoint.js'],
    ['src/backend/engine.ts', './images/images.js'],
    ['src/backend/engine.ts', './opening.js'],
    ['src/backend/face/engine-options.ts', '../../stores/local/local-store.js'],
    ['src/backend/face/backend.ts', '../servers/node-handler.js'],
    ['src/backend/index.ts', '../stores/memory/memory-store.js'],
    ['src/stores/local/rows.ts', '../port.js'],
    ['src/stores/local/driver.ts', 'better-sqlite3'],
    ['src/stores/postgres/rows.ts', 'pg'],
    ['src/stores/postgres/rows.ts', '../split/rows.js'],
    ['src/frontend/cache/database.ts', '../../shared/errors/pixstore-error.js'],
    ['src/frontend/network/endpoint.ts', './retry.js'],
    ['src/frontend/loading/load-image.ts', '../cache/disk-cache.js'],
    ['src/frontend/loading/load-image.ts', '../network/retry.js'],
    ['src/frontend/client.ts', './loading/load-image.js'],
    ['src/frontend/client.ts', './cache/disk-cache.js'],
    ['src/frontend/face/frontend.ts', '../client.js'],
    ['src/frontend/face/config.ts', '../network/endpoint-url.js'],
    ['src/frontend/index.ts', './face/default-instance.js'],
    ['src/react/use-image.ts', '../frontend/index.js'],
    ['src/vue/index.ts', 'vue'],
    ['src/cli/sweep.ts', '../backend/index.js'],
    ['src/testing/image-store-suite.ts', '../stores/port.js'],
    ['demo/server/server.ts', 'pixstore/backend'],
    ['demo/server/server.ts', 'express'],
    ['bench/save.ts', 'pixstore/backend'],
    ['test/package/bundlers.test.ts', '../../scripts/ensure-browser.mjs'],
  ])('%s -> %s', (file, name) => {
    expect(importing(file, name)).toEqual([]);
  });
});

// At least one for every rule.
describe('the import table refuses', () => {
  test.each([
    ['src/types/index.ts', '../shared/protocol/formats.js'],
    ['src/shared/protocol/formats.ts', 'node:buffer'],
    ['src/shared/protocol/formats.ts', 'buffer'],
    ['src/shared/protocol/formats.ts', 'image-size'],
    ['src/shared/protocol/formats.ts', '../../backend/index.js'],
    ['src/stores/port.ts', './local/rows.js'],
    ['src/stores/port.ts', '../backend/keys/sealing.js'],
    ['src/stores/split/put.ts', '../local/rows.js'],
    ['src/stores/split/put.ts', 'node:fs'],
    ['src/stores/memory/memory-store.ts', 'node:fs'],
    ['src/stores/local/rows.ts', '../memory/memory-store.js'],
    ['src/stores/local/rows.ts', '../../backend/images/images.js'],
    ['src/stores/local/rows.ts', 'pg'],
    ['src/stores/postgres/rows.ts', 'better-sqlite3'],
    ['src/stores/files/blobs.ts', '../local/blob-files.js'],
    ['src/backend/within.ts', './keys/proofs.js'],
    ['src/backend/keys/sealing.ts', '../images/images.js'],
    ['src/backend/keys/sealing.ts', '../../stores/memory/memory-store.js'],
    ['src/backend/images/inspect.ts', 'image-size'],
    ['src/backend/images/images.ts', '../../stores/local/local-store.js'],
    ['src/backend/images/images.ts', '../serving/image-answer.js'],
    ['src/backend/serving/endpoint.ts', '../../stores/local/rows.js'],
    ['src/backend/serving/endpoint.ts', '../servers/node-handler.js'],
    ['src/backend/serving/endpoint.ts', '../engine.js'],
    ['src/backend/serving/endpoint.ts', 'express'],
    ['src/backend/servers/node-handler.ts', '../engine.js'],
    ['src/backend/servers/node-handler.ts', '../keys/proofs.js'],
    ['src/backend/servers/node-handler.ts', '../../stores/port.js'],
    ['src/backend/servers/node-handler.ts', '../face/config.js'],
    ['src/backend/engine.ts', './face/config.js'],
    ['src/backend/engine.ts', './servers/node-handler.js'],
    ['src/backend/engine.ts', '../stores/memory/memory-store.js'],
    ['src/backend/opening.ts', '../stores/local/local-store.js'],
    ['src/backend/metrics.ts', './face/public-api.js'],
    ['src/backend/face/backend.ts', '../../frontend/index.js'],
    ['src/backend/face/backend.ts', '../../stores/postgres/rows.js'],
    ['src/backend/index.ts', 'better-sqlite3'],
    ['src/frontend/network/endpoint.ts', '../cache/database.js'],
    ['src/frontend/network/endpoint.ts', '../loading/load-image.js'],
    ['src/frontend/network/endpoint.ts', '../face/config.js'],
    ['src/frontend/network/endpoint.ts', '../client.js'],
    ['src/frontend/network/endpoint.ts', 'node:crypto'],
    ['src/frontend/cache/database.ts', '../network/retry.js'],
    ['src/frontend/cache/database.ts', '../loading/decrypt.js'],
    ['src/frontend/cache/database.ts', '../face/config.js'],
    ['src/frontend/cache/database.ts', 'idb'],
    ['src/frontend/painting/canvas.ts', '../loading/decrypt.js'],
    ['src/frontend/loading/load-image.ts', '../face/config.js'],
    ['src/frontend/loading/load-image.ts', '../client.js'],
    ['src/frontend/loading/load-image.ts', '../painting/canvas.js'],
    ['src/frontend/loading/load-image.ts', 'node:crypto'],
    ['src/frontend/client.ts', './face/config.js'],
    ['src/frontend/client.ts', './index.js'],
    ['src/frontend/client.ts', '../backend/index.js'],
    ['src/frontend/face/frontend.ts', 'node:crypto'],
    ['src/frontend/face/frontend.ts', '../../backend/index.js'],
    ['src/frontend/index.ts', '../backend/index.js'],
    ['src/react/use-image.ts', '../frontend/cache/database.js'],
    ['src/react/use-image.ts', '../vue/index.js'],
    ['src/element/index.ts', 'react'],
    ['src/bindings/default-frontend.ts', 'react'],
    ['src/bindings/default-frontend.ts', '../frontend/client.js'],
    ['src/cli/sweep.ts', '../stores/port.js'],
    ['src/testing/image-store-suite.ts', '../stores/local/local-store.js'],
    ['demo/server/server.ts', '../../src/backend/index.js'],
    ['demo/server/server.ts', '../../dist/backend/index.js'],
    ['bench/save.ts', '../src/backend/index.js'],
    ['test/package/consumer.test.ts', '../../src/shared/index.js'],
  ])('%s -> %s', (file, name) => {
    expect(importing(file, name)).toEqual([expect.stringContaining(`${file}:1 imports ${name}, but `)]);
  });
});

test.each(['src/a.ts', 'src/misc/a.ts', 'src/backend/a.ts', 'src/backend/misc/a.ts', 'src/stores/redis/a.ts'])(
  '%s is in a folder without a rule: refused, with what to do',
  (file) => {
    expect(checkFile(table, file, '')).toEqual([expect.stringContaining('move it, or add a line')]);
  },
);

test('types may hold nothing that exists at run time', () => {
  const code = 'export interface A { b: string }\nexport type B = A;\nexport const c = 1;\n';
  expect(checkFile(table, 'src/types/index.ts', code)).toEqual([
    expect.stringContaining('src/types/index.ts:3 exists at run time'),
  ]);
});

test('an import that is computed at run time is refused in src and allowed in bench', () => {
  const code = 'await import(name);';
  expect(checkFile(table, 'src/backend/face/backend.ts', code)).toEqual([expect.stringContaining('a computed name')]);
  expect(checkFile(table, 'bench/save.ts', code)).toEqual([]);
});

test('a problem names the rule and what the file may import', () => {
  const [problem] = importing('src/shared/protocol/formats.ts', 'node:fs');
  expect(problem).toContain('shared runs anywhere');
  expect(problem).toContain('It may import: src/shared/, src/types/.');
});

describe('finds a module in', () => {
  test.each([
    "import 'x';",
    "import a from 'x';",
    "import type { A } from 'x';",
    "import { type A } from 'x';",
    "export * from 'x';",
    "export { a } from 'x';",
    "export type { A } from 'x';",
    "import a = require('x');",
    "let a: import('x').A;",
    "await import('x');",
    'await import(`x`);',
    "require('x');",
    "require.resolve('x');",
    "createRequire(import.meta.url)('x');",
    "const load = createRequire(import.meta.url); load('x');",
    "process.getBuiltinModule('x' as 'y');",
    "new Worker(new URL('x', import.meta.url));",
    '/// <reference types="x" />',
  ])('%s', (code) => {
    const names = findImports('a.ts', `\n${code}`).imports;
    expect(names).toEqual([{ name: code.startsWith('///') ? '<reference x>' : 'x', line: 2 }]);
  });
});

test('finds no module in text and comments', () => {
  expect(findImports('a.ts', 'const a = "import \'x\'"; // import "y";').imports).toEqual([]);
});
