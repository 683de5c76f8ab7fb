import { expect, test } from 'vitest';
import { readBackendConfig } from '../../../src/backend/face/config.js';
import { readFrontendConfig } from '../../../src/frontend/face/config.js';
import { uploadImage } from '../../../src/frontend/face/upload-image.js';
import { readDocument, tableRowsOf } from './markdown.js';

const [, beforeFrontend = '', afterFrontend = ''] =
  /## Options(.*)\| frontend option (.*?)\n## /s.exec(readDocument('README.md')) ?? [];

test.each([
  ['backend', beforeFrontend, (config: object): object => readBackendConfig(config)],
  ['frontend', `| frontend option ${afterFrontend}`, (config: object): object => readFrontendConfig(config, () => {})],
])('the README lists every option of the %s, with its default', (_, markdown, readConfig) => {
  const [, ...rows] = tableRowsOf(markdown);
  const documented = rows.flatMap(([names = '', defaultValue = '']) =>
    codeSpansOf(names).map((name) => ({ name, value: codeSpansOf(defaultValue)[0] })),
  );
  expect(documented.map(({ name }) => name).sort()).toEqual(namesOf(readConfig).sort());
  const defaults = readConfig({}) as Record<string, unknown>;
  for (const { name, value } of documented) {
    if (value !== undefined) expect([defaults[name]].flat().join(' '), name).toBe(value);
  }
});

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
