import { describe, expect, test } from 'vitest';
import { PixstoreError } from '../../../src/shared/errors/pixstore-error.js';
import { createLifecycle } from '../../../src/shared/lifecycle.js';
import { failure } from '../../support/errors.js';

const open = () => createLifecycle(() => new PixstoreError('STORE_CLOSED', 'It was closed.'));

describe('lifecycle', () => {
  test('closing waits for what is under way, also when that fails, and refuses what comes later', async () => {
    const lifecycle = open();
    const order: string[] = [];
    let finishFirst = () => {};
    let failSecond = (_: Error) => {};
    const first = lifecycle
      .track(() => new Promise<void>((resolve) => (finishFirst = resolve)))
      .then(() => order.push('first'));
    const second = lifecycle.track(() => new Promise<void>((_, reject) => (failSecond = reject)));
    const closed = lifecycle.close(() => {
      order.push('released');
    });
    await failure('STORE_CLOSED', () => lifecycle.track(async () => 1));
    await failure('STORE_CLOSED', () => lifecycle.requireOpen());
    failSecond(new Error('broken'));
    await expect(second).rejects.toThrow('broken');
    expect(order).toEqual([]);
    finishFirst();
    await first;
    await closed;
    expect(order).toEqual(['first', 'released']);
  });

  test('is closed once, however often it is asked to', async () => {
    const lifecycle = open();
    let releases = 0;
    const release = () => {
      releases += 1;
    };
    await Promise.all([lifecycle.close(release), lifecycle.close(release)]);
    await lifecycle.close(release);
    expect(releases).toBe(1);
  });
});
