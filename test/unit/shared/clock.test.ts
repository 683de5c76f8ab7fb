import { describe, expect, test } from 'vitest';
import { checkedClock } from '../../../src/shared/clock.js';
import { openBackend } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';

const noTimes = [Number.NaN, Infinity, -Infinity, -1, 2 ** 53, '1700000000000', undefined, null, 7n, new Date()];

describe('a clock', () => {
  test.each([0, 1_700_000_000_000, 1_700_000_000_000.7, Number.MAX_SAFE_INTEGER])('may say %s', (time) => {
    expect(checkedClock(() => time)()).toBe(time);
  });

  test.each(noTimes)('that says %s is not believed', async (time) => {
    const { message } = await failure(
      'CONFIG_INVALID',
      checkedClock(() => time as number),
    );
    expect(message).toContain('"now"');
  });

  test('that stops telling the time makes no proofs, takes none and saves nothing', async () => {
    let time: unknown = 1_700_000_000_000;
    const backend = await openBackend({ now: () => time as number });
    const record = await backend.saveImage(photo('coffee.webp'), { id: 'one' });
    const ask = () => backend.customEndpointHelper('one', record?.token, record?.statelessProof);
    expect((await ask())?.[0]).toBe(0);
    for (time of noTimes) {
      await failure('CONFIG_INVALID', () => backend.getImageRecord('one'));
      await failure('CONFIG_INVALID', () => backend.saveImage(photo('coffee.webp')));
      await failure('CONFIG_INVALID', () => backend.updateImage('one', photo('coffee.webp')));
      await failure('CONFIG_INVALID', ask);
    }
    time = 1_700_000_000_000;
    expect(backend.getImageRecord('one')).toEqual(record);
    expect((await backend.stats())?.images).toBe(1);
  });
});
