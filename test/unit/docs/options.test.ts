import { expect, test } from 'vitest';
import { readBackendConfig } from '../../../src/backend/face/config.js';
import { readHandlerOptions } from '../../../src/backend/serving/handler.js';
import { readUploadOptions } from '../../../src/backend/serving/uploads/upload-options.js';
import { readFrontendConfig } from '../../../src/frontend/face/config.js';
import { uploadImage } from '../../../src/frontend/face/upload-image.js';
import { readDocument, tableRowsOf } from './markdown.js';

const uploads = { authorize: () => false, dir: null };

test.each([
  ['options.md', 'backend option', (config: object): object => readBackendConfig(config)],
  ['options.md', 'frontend option', (config: object): object => readFrontendConfig(config, () => {})],
  ['options.md', 'handler option', (config: object): object => readHandlerOptions(config, 'createNodeHandler')],
  ['uploads.md', 'option', (config: object): object => readUploadOptions({ ...uploads, ...config })],
])('docs/%s has every %s, with its default', (document, head, readConfig) => {
  const rows = tableUnder(readDocument(`docs/${document}`), head);
  const documented = rows.flatMap(([names = '', defaultValue = '']) =>
    codeSpansOf(names).map((name) => ({ name, value: codeSpansOf(defaultValue)[0] })),
  );
  expect(documented.map(({ name }) => name).sort()).toEqual(namesOf(readConfig).sort());
  const defaults = readConfig({}) as Record<string, unknown>;
  for (const { name, value } of documented) {
    if (value !== undefined && !value.startsWith('{')) expect([defaults[name]].flat().join(' '), name).toBe(value);
  }
});

/** Rows of the table whose first column has this head. */
function tableUnder(markdown: string, head: string): string[][] {
  const [, table = ''] = markdown.split(`\n| ${head} |`);
  return tableRowsOf(table.split('\n\n')[0] ?? '');
}

test('docs/uploads.md lists every option of uploadImage', async () => {
  const [, ...rows] = tableRowsOf(/## From a page(.*?)\n## /s.exec(readDocument('docs/uploads.md'))?.[1] ?? '');
  const wrong = uploadImage(new Blob(), { none: 0 } as never);
  const { message } = await wrong.catch((error) => error);
  expect(rows.map(([name = '']) => codeSpansOf(name)[0])).toEqual(/It has: (.*)\.$/.exec(message)?.[1]?.split(', '));
});

const codeSpansOf = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** An option that does not exist is answered with all that do. */
function namesOf(readConfig: (config: object) => unknown): string[] {
  try {
    readConfig({ none: 0 });
  } catch (error) {
    return (/It has: (.*)\.$/.exec((error as Error).message)?.[1] ?? '').split(', ');
  }
  return [];
}
