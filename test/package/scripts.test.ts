import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { codeBlocksOf, readDocument } from '../unit/docs/markdown.js';
import { freePort } from './free-port.js';
import { withSqlite } from './round-trip.js';
import { root, run, runModule } from './run.js';

// That a program ends at all is what these tests wait for: one that does not would run into their time limit.

const { app } = inject('packed');

const emptyFolder = () => mkdtemp(join(app, 'script-'));
const photo = (name: string) => join(root, 'demo/photos', name);

/** What a script has kept, as the next one finds it. */
async function countIn(folder: string): Promise<number> {
  const count = `
    import { createPixstoreBackend } from 'pixstore/backend';
    const backend = createPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
    let images = 0;
    for await (const _ of backend.listImages()) images += 1;
    console.log(images);
  `;
  return Number(await runModule(folder, count, withSqlite));
}

test('the script of docs/testing.md saves what it is told to, and ends by itself', async () => {
  const folder = await emptyFolder();
  const code = codeBlocksOf(readDocument('docs/testing.md')).find((block) => block.code.includes('process.argv'))?.code;
  // Of a program that is given by --eval, there is no path in process.argv: 'script' stands for it.
  const args = ['--input-type=module', '--eval', code ?? '', 'script', photo('cat.png'), photo('coffee.webp')];
  await run(process.execPath, args, folder, withSqlite);
  expect(await countIn(folder)).toBe(2);
});

test('what is being saved when the last line is reached is saved before the process ends', async () => {
  const folder = await emptyFolder();
  const code = `
    import { initPixstoreBackend, saveImageFromFile } from 'pixstore/backend';
    initPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
    for (const path of ${JSON.stringify(['cat.png', 'coffee.webp', 'rocket.jpg'].map(photo))}) saveImageFromFile(path);
  `;
  await runModule(folder, code, withSqlite);
  expect(await countIn(folder)).toBe(3);
});

test('with the default endpoint a script ends when it closes the backend, whoever connected meanwhile', async () => {
  const code = `
    import { createPixstoreBackend } from 'pixstore/backend';
    const backend = createPixstoreBackend({ defaultEndpointListenPort: ${await freePort()}, errorHandlingMode: 'throw' });
    await backend.ready;
    await backend.saveImageFromFile(${JSON.stringify(photo('cat.png'))});
    await (await fetch('http://127.0.0.1:' + backend.address().port + '/pixstore-image/-/health')).text();
    await backend.close();
    console.log('closed');
  `;
  expect(await runModule(await emptyFolder(), code, withSqlite)).toContain('closed');
});

test('beside a server with the same folder a script gets PORT_IN_USE, which names the option, and may save without a port', async () => {
  const code = `
    import { createPixstoreBackend } from 'pixstore/backend';
    const options = { defaultEndpointListenPort: ${await freePort()}, errorHandlingMode: 'throw' };
    const server = createPixstoreBackend(options);
    await server.ready;
    const second = createPixstoreBackend(options);
    const { code, message } = await second.ready.catch((error) => error);
    await second.close();
    const script = createPixstoreBackend({ ...options, defaultEndpointEnabled: false });
    const { id } = await script.saveImageFromFile(${JSON.stringify(photo('cat.png'))});
    console.log(JSON.stringify({ code, message, isThere: server.imageExists(id) }));
    await server.close();
  `;
  const output = await runModule(await emptyFolder(), code, withSqlite);
  const { code: raised, message, isThere } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  expect([raised, isThere]).toEqual(['PORT_IN_USE', true]);
  expect(message).toContain('defaultEndpointListenPort');
  expect(message).toContain('defaultEndpointEnabled: false');
});
