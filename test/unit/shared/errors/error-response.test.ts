import { describe, expect, test } from 'vitest';
import { errorCodes, type PixstoreErrorCode } from '../../../../src/shared/errors/codes.js';
import { errorResponse } from '../../../../src/shared/errors/error-response.js';
import { PixstoreError } from '../../../../src/shared/errors/pixstore-error.js';
import '../../../../src/backend/index.js'; // knows the statuses of the server's codes

const failed = 'The server failed. Try again later.';
const refused = 'The request was refused.';

describe('errorResponse', () => {
  test('says status, code and sentence of what clients may know, and of the rest nothing of the inside', () => {
    for (const code of Object.keys(errorCodes) as PixstoreErrorCode[]) {
      const error = new PixstoreError(code, 'What went wrong, at 10.0.0.7.', { cause: new Error('why') });
      const response = errorResponse(error);
      expect(response).toEqual({ status: error.status, code, message: expect.stringMatching(/^[A-Z].*\.$/) });
      expect(response.message === error.message).toBe(error.status < 500);
    }
  });

  test('names what passes, and a full disk, in general words', () => {
    expect(errorResponse(new PixstoreError('STORE_TIMEOUT', 'A.')).message).toBe(
      'The server cannot do this now. Try again soon.',
    );
    expect(errorResponse(new PixstoreError('STORAGE_FULL', 'A.')).message).toBe('The server has no room left.');
  });

  test.each<[string, unknown, number, string]>([
    ['an error', new Error('at /srv/app'), 500, failed],
    ['what says no status', { message: 'a' }, 500, failed],
    ['a status of the server', Object.assign(new Error('a'), { status: 502, expose: true }), 500, failed],
    ['a status that is none', { status: 499.5 }, 500, failed],
    [
      'a body parser',
      Object.assign(new Error('request entity too large'), { status: 413, expose: true }),
      413,
      'request entity too large',
    ],
    ['Fastify', Object.assign(new Error('FST'), { statusCode: 400 }), 400, refused],
    ['a message that is none', { status: 400, expose: true, message: 7 }, 400, refused],
    ['nothing', undefined, 500, failed],
    ['null', null, 500, failed],
    ['a text', 'no', 500, failed],
    [
      'what throws when it is looked at',
      {
        get status() {
          throw new Error('a');
        },
      },
      500,
      failed,
    ],
  ])('treats errors of others as what they say of themselves: %s', (_, error, status, message) => {
    expect(errorResponse(error)).toEqual({ status, code: null, message });
  });
});
