import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, inject, onTestFinished, test } from 'vitest';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import type { BlobStore } from '../../../src/stores/split/blob-store.js';
import { temporaryFolder } from '../../support/folders.js';
import { ciphertextNames, namedBlobs } from '../../support/split/blob-names.js';
import { codeBlocksOf, readDocument } from '../../unit/docs/markdown.js';
import { examine, sharedPlace } from './place.js';

const program = fileURLToPath(new URL('programs/saver.mjs', import.meta.url));
const pictures = fileURLToPath(new URL('../../support/small-picture.ts', import.meta.url));

/** The blobs of docs/custom-store.md, and pictures, as modules that Node loads. */
async function buildModules(folder: string) {
  const [block] = codeBlocksOf(readDocument('docs/custom-store.md')).filter(({ code }) =>
    code.includes('export function folderBlobs'),
  );
  const settings = { bundle: true, platform: 'node', format: 'esm' } as const;
  const blobs = join(folder, 'blobs.mjs');
  await build({ ...settings, stdin: { contents: block?.code ?? '', loader: 'ts' }, outfile: blobs });
  const made = join(folder, 'pictures.mjs');
  await build({ ...settings, entryPoints: [pictures], outfile: made });
  return { blobs: pathToFileURL(blobs).href, pictures: pathToFileURL(made).href };
}

/** What a saver has said, while it lived. */
class Ledger {
  /** Tokens by id; what is being deleted is in neither. */
  readonly kept = new Map<string, number>();
  readonly deleted = new Set<string>();
  lines = 0;

  note(line: string): void {
    const [what, id = '', token] = line.split(' ');
    this.lines += 1;
    if (what === 'saved') this.kept.set(id, Math.max(this.kept.get(id) ?? 0, Number(token)));
    else this.kept.delete(id);
    if (what === 'deleted') this.deleted.add(id);
  }
}

test('a backend that is killed under load loses nothing that it has acknowledged, and another goes on', async () => {
  const folder = await temporaryFolder();
  const modules = await buildModules(folder);
  const { folderBlobs } = (await import(/* @vite-ignore */ modules.blobs)) as { folderBlobs(at: string): BlobStore };
  const blobFolder = join(folder, 'blobs');
  const blobs = folderBlobs(blobFolder);
  const place = sharedPlace(undefined, blobs);
  const survivor = place.open();
  await survivor.store.usage(); // the schema is there
  const ledger = new Ledger();
  const errors: string[] = [];

  for (let round = 0; round < 4; round += 1) {
    const child: ChildProcess = spawn(
      process.execPath,
      [program, inject('databaseUrl'), place.schema, modules.blobs, blobFolder, modules.pictures],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stderr?.on('data', (data) => errors.push(String(data)));
    const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
    const before = ledger.lines;
    lines.on('line', (line) => {
      ledger.note(line);
      if (ledger.lines === before + 60 + 7 * round) child.kill('SIGKILL');
    });
    // Another backend reads what this one saves, meanwhile.
    let hasEnded = false;
    void Promise.all([once(child, 'exit'), once(lines, 'close')]).then(() => {
      hasEnded = true;
    });
    while (!hasEnded) {
      const [id] = ledger.kept.keys();
      if (id) await survivor.backend.readImage(id);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  expect(errors).toEqual([]);
  expect(ledger.kept.size).toBeGreaterThan(50);
  for (const [id, token] of ledger.kept) {
    const found = await survivor.backend.readImage(id);
    expect(found?.token, id).toBeGreaterThanOrEqual(token);
  }
  for (const id of ledger.deleted) expect(await survivor.backend.readImage(id)).toBe(null);
  const { ids, usage, problems } = await examine(place);
  expect(usage.images).toBe(ids.length);
  expect(problems).toEqual([]);
  const rows = postgresRows({ pool: place.admin, schema: place.schema });
  expect((await ciphertextNames(blobs)).sort()).toEqual(await namedBlobs(rows));
  await rows.close();
});
