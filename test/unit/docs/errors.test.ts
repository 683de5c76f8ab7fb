import { expect, test } from 'vitest';
import { errorStatuses } from '../../../src/shared/errors/statuses.js';
import { readDocument, tableRowsOf } from './markdown.js';

test('docs/errors.md says of every code what its status is', () => {
  const documented = tableRowsOf(readDocument('docs/errors.md'))
    .filter(([code = '']) => code.startsWith('`'))
    .map(([code = '', status]) => [code.replaceAll('`', ''), Number(status)]);
  expect(Object.fromEntries(documented)).toEqual(errorStatuses);
});
