import { createDecipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ImageRecord } from '../../../src/types/index.js';
import { fromHex, readVectors } from '../../support/vectors.js';
import { codeBlocksOf, readDocument, root } from './markdown.js';

const document = readDocument('docs/wire-format.md');

test('every byte and proof shown in docs/wire-format.md is that of a golden vector', () => {
  const folder = join(root, 'test/vectors');
  const vectors = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const shown = [...document.matchAll(/\b[0-9a-f]{16,}\b|(?<![\w/-])[\w-]{43}(?![\w=-])/g)].map(([text]) => text);
  expect(shown.length).toBeGreaterThan(20);
  expect(shown.filter((text) => !vectors.some((content) => content.includes(text)))).toEqual([]);
});

test('the record shown opens the ciphertext shown', () => {
  const [json] = codeBlocksOf(document).filter(({ language }) => language === 'json');
  const { meta }: ImageRecord = JSON.parse(json?.code ?? '');
  const [key, iv, tag] = [meta.key, meta.iv, meta.tag].map((text) => Buffer.from(text, 'base64'));
  const [vector] = readVectors<{ images: { ciphertextHex: string; imageHex: string }[] }>('images').images;
  const decipher = createDecipheriv('aes-256-gcm', key as Buffer, iv as Buffer).setAuthTag(tag as Buffer);
  const plaintext = Buffer.concat([decipher.update(fromHex(vector?.ciphertextHex)), decipher.final()]);
  expect(plaintext.toString('hex')).toBe(`01${vector?.imageHex}`);
});
