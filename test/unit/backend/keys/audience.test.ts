import { describe, expect, test } from 'vitest';
import { readAudience } from '../../../../src/backend/keys/audience.js';
import { failure } from '../../../support/errors.js';

const read = (options?: unknown) => readAudience(options, 'getImageRecord');

describe('an audience', () => {
  test('is the id of a user or session', () => {
    for (const audience of ['7', 'anna', 'ä', '😀', 'x'.repeat(256)]) expect(read({ audience })).toBe(audience);
  });

  test('is everybody when it is null or left out', () => {
    for (const options of [undefined, {}, { audience: null }]) expect(read(options)).toBeNull();
  });

  test.each([
    ['undefined', undefined],
    ['another string', ''],
    ['another string', 'x'.repeat(257)],
    ['another string', 'half \ud83d'],
    ['a number', 7],
    ['a boolean', false],
    ['a list', ['anna']],
    ['another object', { id: 'anna' }],
    ['a promise (await it first)', Promise.resolve('anna')],
    ['a function', () => 'anna'],
  ])('is not %s, which would open for everybody', async (kind, audience) => {
    const { message } = await failure('AUDIENCE_INVALID', () => read({ audience }));
    expect(message).toContain(`; ${kind} was given. If everybody is meant, say null.`);
  });

  test.each(['anna', 7, null, ['anna'], Promise.resolve({ audience: 'anna' }), { audiance: 'anna' }, { user: 'anna' }])(
    'is not looked for in %j',
    async (options) => {
      await failure('CONFIG_INVALID', () => read(options));
    },
  );
});
