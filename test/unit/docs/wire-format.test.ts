import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../../../src/stores/local/driver.js';
import { openDatabase } from '../../../src/stores/local/schema.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBox } from '../../support/box.js';
import { temporaryFolder } from '../../support/folders.js';
import { fromHex, readVectors } from '../../support/vectors.js';
import { codeBlocksOf, readDocument, root, tableRowsOf } from './markdown.js';

const document = readDocument('docs/wire-format.md');
const blocks = codeBlocksOf(document);

test('every byte and proof shown in docs/wire-format.md is that of a golden vector', () => {
  const folder = join(root, 'test/vectors');
  const vectors = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const shown = [...document.matchAll(/\b[0-9a-f]{16,}\b|(?<![\w/-])[\w-]{43}(?![\w=-])/g)].map(([text]) => text);
  expect(shown.length).toBeGreaterThan(40);
  expect(shown.filter((text) => !vectors.some((content) => content.includes(text)))).toEqual([]);
});

test('the record shown opens the ciphertext shown', () => {
  const [json] = blocks.filter(({ language }) => language === 'json');
  const { meta }: ImageRecord = JSON.parse(json?.code ?? '');
  const [key, iv, tag] = [meta.key, meta.iv, meta.tag].map((text) => Buffer.from(text, 'base64'));
  const [vector] = readVectors<{ images: { ciphertextHex: string; imageHex: string }[] }>('images').images;
  const decipher = createDecipheriv('aes-256-gcm', key as Buffer, iv as Buffer).setAuthTag(tag as Buffer);
  const plaintext = Buffer.concat([decipher.update(fromHex(vector?.ciphertextHex)), decipher.final()]);
  expect(plaintext.toString('hex')).toBe(`01${vector?.imageHex}`);
});

describe('the keys shown lead from the master key to an image key', () => {
  const ring = JSON.parse(blocks.find(({ code }) => code.includes('"purpose"'))?.code ?? '{}');
  const additionalData = blocks.find(({ code }) => code.startsWith('pixstore/wrapped-key/v1'))?.code.trim() ?? '';

  /** The bytes of a block whose lines say what they are: what stands in front, up to the empty line. */
  function bytesOf(line: string): Buffer {
    const block = blocks.find(({ code }) => code.includes(line))?.code ?? '';
    const [shown = ''] = block.split('\n\n');
    return Buffer.from(shown.replace(/ {2,}.*$/gm, '').replaceAll('\n', ''), 'hex');
  }

  /** What stands behind a name in an example. */
  function shownAs(name: string): string {
    const value = new RegExp(`^${name} {2,}([\\da-f ]+)$`, 'm').exec(document)?.[1] ?? '';
    return value.replaceAll(' ', '');
  }

  const derive = (info: string, length: number) =>
    Buffer.from(hkdfSync('sha256', fromHex(shownAs('master key')), new Uint8Array(), info, length)).toString('hex');

  test('the master key has the id and the wrapping key shown, which open the ring shown', () => {
    const [key] = ring.keys;
    expect(ring.version).toBe(1);
    expect(derive('pixstore/key-id/v1', 8)).toBe(shownAs('its id'));
    expect(key.wrapper).toBe(shownAs('its id'));
    expect(derive('pixstore/wrap/v1', 32)).toBe(shownAs('wrapping key'));
    const wrapped = bytesOf('encrypted store key');
    expect(wrapped.toString('base64')).toBe(key.wrapped);
    const storeKey = openBox(fromHex(shownAs('wrapping key')), wrapped.subarray(1), additionalData);
    expect(storeKey?.toString('hex')).toBe(shownAs('store key'));
    const check = createHmac('sha256', storeKey ?? '').update(`pixstore/key-check/v1\n${key.purpose}\n${key.id}`);
    expect(shownAs('its check')).toBe(check.digest('hex').slice(0, 32));
    expect(Buffer.from(key.check, 'base64').toString('hex')).toBe(shownAs('its check'));
  });

  test('the store key opens the folder key, and that the sealed key', () => {
    const wrapped = bytesOf('encrypted folder key');
    expect(wrapped.toString('hex', 1, 9)).toBe(ring.keys[0].id);
    const folderKey = openBox(fromHex(shownAs('store key')), wrapped.subarray(9), 'pixstore/folder-key/v1\n1\navatars');
    expect(folderKey?.toString('hex')).toBe(shownAs('folder key'));
    const bound = 'pixstore/sealed-key/v2\n1700000000000\navatars:me\n';
    const sealed = bytesOf('encrypted info');
    const opened = openBox(fromHex(shownAs('folder key')), sealed.subarray(5), bound);
    expect(opened?.toString('hex')).toBe(shownAs('image key') + shownAs('info'));
  });

  test('the lengths that tables give are those of the examples', () => {
    for (const [line, length] of [
      ['encrypted store key', 61],
      ['encrypted folder key', 69],
      ['encrypted info', 5 + 12 + 32 + 9 + 16],
    ] as const) {
      expect(bytesOf(line)).toHaveLength(length);
    }
  });
});

describe('the local store', () => {
  const section = /\n## The local store\n(.*?)\n## /s.exec(document)?.[1] ?? '';

  async function openNew() {
    const database = openDatabase(findDriver(), join(await temporaryFolder(), 'db.sqlite'), 0);
    const names = (sql: string, ...values: string[]) =>
      database
        .prepare(sql)
        .all(...values)
        .map(({ name }) => name);
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    return { names, pragma, close: () => database.close() };
  }

  test('has the numbers, tables and columns that the page names, and no other tables', async () => {
    const { names, pragma, close } = await openNew();
    expect(section).toContain(`\`application_id\` 0x${Number(pragma('application_id')).toString(16)}`);
    expect(section).toContain(`\`user_version\` ${pragma('user_version')}, write-ahead log`);
    expect(pragma('journal_mode')).toBe('wal');
    const tables = names("SELECT name FROM sqlite_schema WHERE type = 'table'");
    expect(tables.filter((table) => !section.includes(`\`${table}\``))).toEqual([]);
    const [, ...rows] = tableRowsOf(section);
    expect(rows.length).toBe(4);
    for (const [table = '', columns = ''] of rows) {
      const there = names('SELECT name FROM pragma_table_info(?)', table.replaceAll('`', ''));
      const named = [...columns.matchAll(/`(\w+)`/g)].map(([, name]) => name);
      expect(named.length).toBeGreaterThan(0);
      expect(there, table).toEqual(expect.arrayContaining(named));
    }
    close();
  });
});
