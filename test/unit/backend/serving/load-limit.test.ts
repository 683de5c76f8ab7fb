import { describe, expect, test } from 'vitest';
import { createLoadLimit } from '../../../../src/backend/serving/load-limit.js';

function withClock(limits: { answers: number; bytes: number }) {
  const clock = { now: 0 };
  return { clock, limit: createLoadLimit(limits, () => clock.now) };
}

describe('what may be on its way to clients', () => {
  test('is so many answers, and a slot is free when one ends', () => {
    const limit = createLoadLimit({ answers: 2, bytes: 100 });
    const first = limit.take();
    expect(limit.take()).not.toBeNull();
    expect(limit.take()).toBeNull();
    first?.release();
    expect(limit.take()).not.toBeNull();
  });

  test('is so many bytes, but one answer may always be sent, however large', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    const large = limit.take();
    expect(large?.hold(1_000)).toBe(true);
    const small = limit.take();
    expect(small?.hold(1)).toBe(false);
    large?.release();
    expect(small?.hold(1)).toBe(true);
    expect(limit.load()).toEqual({ answers: 1, bytes: 1 });
  });

  test('is given back once, however often an answer ends', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    const slot = limit.take();
    slot?.hold(40);
    expect([slot?.release(), slot?.release()]).toEqual([true, false]);
    expect(limit.load()).toEqual({ answers: 0, bytes: 0 });
  });

  test('is not counted for an answer that has left already', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    const slot = limit.take();
    slot?.release();
    expect(slot?.hold(40)).toBe(false);
    expect(slot?.send(() => {})).toBe(false);
    slot?.move();
    expect(limit.load()).toEqual({ answers: 0, bytes: 0 });
  });
});

describe('one client', () => {
  test('gets seven eighths of the slots, and others find some', () => {
    const limit = createLoadLimit({ answers: 1_000, bytes: 100 });
    let admitted = 0;
    while (limit.take('greedy')) admitted += 1;
    expect(admitted).toBe(875);
    expect(limit.take('modest')).not.toBeNull();
  });

  test('leaves slots to others when there are few, too', () => {
    for (const answers of [2, 3, 5, 20]) {
      const limit = createLoadLimit({ answers, bytes: 100 });
      while (limit.take('greedy'));
      expect(limit.take('modest'), `of ${answers}`).not.toBeNull();
    }
    expect(createLoadLimit({ answers: 1, bytes: 100 }).take('alone')).not.toBeNull();
  });

  test('and two more like it leave some to the next', () => {
    const limit = createLoadLimit({ answers: 1_000, bytes: 100 });
    for (const client of ['a', 'b', 'c']) while (limit.take(client));
    expect(limit.take('modest')).not.toBeNull();
  });

  test('that is not known has no share', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    for (let answer = 0; answer < 10; answer += 1) expect(limit.take(undefined)).not.toBeNull();
  });

  test('gets slots again when its answers end', () => {
    const limit = createLoadLimit({ answers: 4, bytes: 100 });
    const slots = [limit.take('a'), limit.take('a'), limit.take('a')];
    expect(limit.take('a')).toBeNull();
    for (const slot of slots) slot?.release();
    expect(limit.take('a')).not.toBeNull();
  });
});

describe('an answer that stands still', () => {
  test('makes way for others after five seconds, the one that has stood longest first', () => {
    const { clock, limit } = withClock({ answers: 3, bytes: 100 });
    const ended: string[] = [];
    const [first, second, third] = [limit.take(), limit.take(), limit.take()];
    first?.send(() => ended.push('first'));
    second?.send(() => ended.push('second'));
    clock.now = 4_999;
    expect(limit.take()).toBeNull();
    first?.move();
    clock.now = 5_000;
    expect(limit.take()).not.toBeNull();
    expect(ended).toEqual(['second']);
    expect(limit.take()).toBeNull();
    clock.now = 9_999;
    expect(limit.take()).not.toBeNull();
    expect(ended).toEqual(['second', 'first']);
    clock.now = 99_999;
    expect(limit.take()).toBeNull(); // the third is not on its way yet
    expect(third?.release()).toBe(true);
  });

  test('makes way for bytes as well', () => {
    const { clock, limit } = withClock({ answers: 10, bytes: 100 });
    const ended: number[] = [];
    for (let answer = 0; answer < 4; answer += 1) {
      const slot = limit.take();
      slot?.hold(25);
      slot?.send(() => ended.push(answer));
    }
    clock.now = 5_000;
    expect(limit.take()?.hold(50)).toBe(true);
    expect(ended).toEqual([0, 1]);
    expect(limit.load()).toEqual({ answers: 3, bytes: 100 });
  });

  test('of a client that has its share makes way for that client', () => {
    const { clock, limit } = withClock({ answers: 8, bytes: 100 });
    const ended: string[] = [];
    limit.take('other')?.send(() => ended.push('other'));
    for (let slot = limit.take('own'); slot; slot = limit.take('own')) slot.send(() => ended.push('own'));
    clock.now = 5_000;
    expect(limit.take('own')).not.toBeNull();
    expect(ended).toEqual(['own']);
  });
});
