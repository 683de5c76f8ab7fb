import { expect } from 'vitest';
import { PixstoreError, type PixstoreErrorCode } from '../../src/shared/index.js';

/** The `PixstoreError` that work fails with; the test fails when it does not, or with another code. */
export async function failure(code: PixstoreErrorCode, work: () => unknown): Promise<PixstoreError> {
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  }
  expect(error, `expected ${code}`).toBeInstanceOf(PixstoreError);
  expect((error as PixstoreError).code).toBe(code);
  return error as PixstoreError;
}
