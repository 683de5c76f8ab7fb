import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PixstoreErrorCode } from '../../../../src/shared/errors/codes.js';
import { PixstoreError } from '../../../../src/shared/errors/pixstore-error.js';
import { errorStatuses } from '../../../../src/shared/errors/statuses.js';
import { root } from '../../docs/markdown.js';

// No backend is loaded before the last test: up to there, this is a page.
const codes = Object.keys(errorStatuses) as PixstoreErrorCode[];
const statusOf = (code: PixstoreErrorCode) => new PixstoreError(code, 'A message.').status;

/** Codes that are written anywhere in src/frontend; errors of uploads bring their status themselves. */
function codesOfPages(): PixstoreErrorCode[] {
  const folder = join(root, 'src/frontend');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(?!uploading).*\.ts$/.test(name),
  );
  const text = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  return codes.filter((code) => text.includes(`'${code}'`));
}

test('in a page, whatever it raises has its status', () => {
  const raised = [...codesOfPages(), 'CONFIG_INVALID', 'PAYLOAD_INVALID'] as const; // the last two by src/shared
  expect(raised.length).toBeGreaterThan(15);
  for (const code of raised) expect([code, statusOf(code)]).toEqual([code, errorStatuses[code]]);
});

test('in a page, what servers alone raise is 500: their statuses are not loaded', () => {
  expect(statusOf('IMAGE_TOO_LARGE')).toBe(500);
});

test('the status is a property of the error itself, which loggers and copies keep', () => {
  expect({ ...new PixstoreError('IMAGE_NOT_FOUND', 'It was deleted.') }).toMatchObject({ status: 404 });
});

test('beside a backend, every code has its status', async () => {
  await import('../../../../src/backend/index.js');
  for (const code of codes) expect([code, statusOf(code)]).toEqual([code, errorStatuses[code]]);
});
