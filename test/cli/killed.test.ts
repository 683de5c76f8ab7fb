// Each long command is killed at random moments and started again, until one run comes to its end.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { hashOf, makePicture } from '../fault/kill/picture.mjs';
import { quickFolder } from '../fault/support/quick-folder.js';
import { jsonLines, runCli, startCli } from './support/run-cli.js';
import { withStore } from './support/store.js';

const kills = 12;

/**
 * Runs a command that is killed again and again, then once to its end.
 *
 * @returns how it ended, and what all of them wrote
 */
async function killedAgainAndAgain(words: readonly string[], cwd: string) {
  // As long as one run takes, so that kills fall anywhere in it, opening and closing among them.
  let longest = 1_000;
  let written = '';
  let killed = 0;
  for (let round = 0; round < kills; round += 1) {
    const begun = performance.now();
    const { child, ended } = startCli(words, { cwd });
    const timer = setTimeout(() => child.kill('SIGKILL'), 100 + Math.random() * longest);
    const { code, stdout } = await ended;
    clearTimeout(timer);
    written += stdout;
    if (code === null) killed += 1;
    else longest = performance.now() - begun;
  }
  const last = await runCli(words, { cwd });
  return { ...last, killed, all: written + last.stdout };
}

const named = (count: number) => Array.from({ length: count }, (_, number) => `i${number}`);

/** A store of images, some of them in files. */
async function storeOf(ids: readonly string[]): Promise<string> {
  const folder = await quickFolder();
  await withStore(folder, async (backend) => {
    const sizeOf = (index: number) => (index % 10 ? 2_000 : 100_000);
    await Promise.all(
      ids.map((id, index) => backend.saveImage(makePicture(id, sizeOf(index)), { dir: `d${index % 3}`, id })),
    );
  });
  return folder;
}

/** Every image is there, as it was. */
async function expectWhole(folder: string, ids: readonly string[]): Promise<void> {
  await withStore(folder, async (backend) => {
    for (const [index, id] of ids.entries()) {
      const image = await backend.readImage(`d${index % 3}:${id}`);
      expect(hashOf(image?.bytes ?? new Uint8Array())).toBe(hashOf(makePicture(id, index % 10 ? 2_000 : 100_000)));
    }
    expect((await backend.stats()).images).toBe(ids.length);
    for await (const { problem } of backend.check()) {
      if (problem && problem.kind !== 'leftover') expect(problem).toBeUndefined();
    }
  });
}

describe('killed again and again', () => {
  test('save keeps every file, and none twice', async () => {
    const cwd = await quickFolder();
    mkdirSync(join(cwd, 'photos'));
    const ids = named(2_000);
    for (const id of ids) writeFileSync(join(cwd, 'photos', `${id}.png`), makePicture(id, 3_000));
    const { code, killed } = await killedAgainAndAgain(['save', 'photos', '--json'], cwd);
    expect(code).toBe(0);
    expect(killed).toBeGreaterThan(0);
    await withStore(cwd, async (backend) => {
      const found: string[] = [];
      for await (const { id } of backend.listImages())
        found.push(hashOf((await backend.readImage(id))?.bytes ?? new Uint8Array()));
      expect(found.sort()).toEqual(ids.map((id) => hashOf(makePicture(id, 3_000))).sort());
      const journal = jsonLines<{ id: string }>(readFileSync(join(cwd, 'pixstore-saved.jsonl'), 'utf8'));
      expect(new Set(journal.map(({ id }) => id)).size).toBe(ids.length);
    });
  });

  test('keys rotate --compromised ends with one key, which alone opens everything', async () => {
    const ids = named(600);
    const cwd = await storeOf(ids);
    await runCli(['keys', 'new'], { cwd });
    const words = ['keys', 'rotate', '--compromised', '--json'];
    const { code, stdout } = await killedAgainAndAgain(words, cwd);
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ damaged: 0 }]);
    const keyFile = join(cwd, '.pixstore.sqlite.key');
    const [newKey, oldKey] = readFileSync(keyFile, 'utf8').split('\n');
    writeFileSync(keyFile, `${oldKey}\n`);
    expect(await runCli(['list'], { cwd })).toMatchObject({ code: 3 });
    writeFileSync(keyFile, `${newKey}\n`);
    await expectWhole(cwd, ids);
  });

  test('keys reencrypt gives every image one new key, and none two', async () => {
    const ids = named(600);
    const cwd = await storeOf(ids);
    const keysOf = () =>
      withStore(cwd, async (backend) =>
        ids.map((id, index) => String(backend.getImageRecord(`d${index % 3}:${id}`)?.meta.key)),
      );
    const before = await keysOf();
    await sleep(2); // tokens are times
    const time = String(Date.now());
    const { code, all } = await killedAgainAndAgain(['keys', 'reencrypt', '--json', '--before', time], cwd);
    expect(code).toBe(0);
    // A line is cut off where it was killed.
    const done = [...all.matchAll(/"id":"([^"]+)","outcome":"reencrypted"\}/g)].map(([, id]) => id);
    expect(new Set(done).size).toBe(done.length);
    const after = await keysOf();
    expect(after.filter((key, index) => key === before[index])).toEqual([]);
    await expectWhole(cwd, ids);
  });

  test('sweep and check remove nothing that is needed, and find the same in the end', async () => {
    const ids = named(300);
    const cwd = await storeOf(ids);
    const images = join(cwd, 'pixstore-images');
    const [session = ''] = readdirSync(images, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\/[0-9a-f]{16}$/.test(name),
    );
    for (let number = 0; number < 1_000; number += 1) {
      writeFileSync(join(images, session, String(number).padStart(32, '0')), 'left over');
    }
    const { code, all } = await killedAgainAndAgain(['sweep', '--remove', '--json'], cwd);
    expect(code).toBe(0);
    expect(all).toContain('"removed":true');
    expect(await killedAgainAndAgain(['check', '--json'], cwd)).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ summary: { done: 300, bytes: 30 * 100_001 + 270 * 2_001, problems: 0, leftovers: 0 } })}\n`,
    });
    await expectWhole(cwd, ids);
  });
});
