import { expect, test } from 'vitest';
import {
  customErrorHandler,
  type ErrorMemory,
  getLastPixstoreError,
  rememberError,
  setCustomErrorHandler,
  shareErrorMemory,
} from '../../../../src/shared/errors/last-error.js';
import { PixstoreError } from '../../../../src/shared/index.js';

test('what was known before copies share a memory goes along, unless the others know something', () => {
  const handler = () => {};
  setCustomErrorHandler(handler);
  const ours = new PixstoreError('IMAGE_EMPTY', 'Nothing.');
  rememberError(ours);

  const shared: ErrorMemory = { lastError: null, customErrorHandler: undefined };
  shareErrorMemory(shared);
  expect(shared).toEqual({ lastError: ours, customErrorHandler: handler });

  shared.lastError = null; // another copy, in which somebody logged out
  shareErrorMemory(shared);
  expect(getLastPixstoreError()).toBeNull();

  const theirs: ErrorMemory = { lastError: ours, customErrorHandler: () => {} };
  shareErrorMemory(theirs);
  expect(customErrorHandler()).toBe(theirs.customErrorHandler);
  rememberError(new PixstoreError('IMAGE_TRUNCATED', 'Half.'));
  expect(theirs.lastError?.code).toBe('IMAGE_TRUNCATED');
});
