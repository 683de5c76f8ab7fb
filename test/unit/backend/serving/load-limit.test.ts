import { describe, expect, test } from 'vitest';
import { createLoadLimit } from '../../../../src/backend/serving/load-limit.js';

function withClock(limits: { answers: number; bytes: number }) {
  const clock = { now: 0 };
  return { clock, limit: createLoadLimit(limits, () => clock.now) };
}

describe('what may be on its way to clients', () => {
  test('is so many answers, and room is made when one ends', () => {
    const limit = createLoadLimit({ answers: 2, bytes: 100 });
    const first = limit.enter();
    expect(limit.enter()).not.toBeNull();
    expect(limit.enter()).toBeNull();
    first?.leave();
    expect(limit.enter()).not.toBeNull();
  });

  test('is so many bytes, but one answer may always be sent, however large', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    const large = limit.enter();
    expect(large?.hold(1_000)).toBe(true);
    const small = limit.enter();
    expect(small?.hold(1)).toBe(false);
    large?.leave();
    expect(small?.hold(1)).toBe(true);
    expect(limit.load()).toEqual({ answers: 1, bytes: 1 });
  });

  test('is given back once, however often an answer ends', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    const place = limit.enter();
    place?.hold(40);
    expect([place?.leave(), place?.leave()]).toEqual([true, false]);
    expect(limit.load()).toEqual({ answers: 0, bytes: 0 });
  });

  test('is not counted for an answer that has left already', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    const place = limit.enter();
    place?.leave();
    expect(place?.hold(40)).toBe(false);
    expect(place?.send(() => {})).toBe(false);
    place?.move();
    expect(limit.load()).toEqual({ answers: 0, bytes: 0 });
  });
});

describe('one client', () => {
  test('gets seven eighths of the room, and others find some', () => {
    const limit = createLoadLimit({ answers: 1_000, bytes: 100 });
    let admitted = 0;
    while (limit.enter('greedy')) admitted += 1;
    expect(admitted).toBe(875);
    expect(limit.enter('modest')).not.toBeNull();
  });

  test('leaves room to others when there is little, too', () => {
    for (const answers of [2, 3, 5, 20]) {
      const limit = createLoadLimit({ answers, bytes: 100 });
      while (limit.enter('greedy'));
      expect(limit.enter('modest'), `of ${answers}`).not.toBeNull();
    }
    expect(createLoadLimit({ answers: 1, bytes: 100 }).enter('alone')).not.toBeNull();
  });

  test('and two more like it leave some to the next', () => {
    const limit = createLoadLimit({ answers: 1_000, bytes: 100 });
    for (const client of ['a', 'b', 'c']) while (limit.enter(client));
    expect(limit.enter('modest')).not.toBeNull();
  });

  test('that is not known has no share', () => {
    const limit = createLoadLimit({ answers: 10, bytes: 100 });
    for (let answer = 0; answer < 10; answer += 1) expect(limit.enter(undefined)).not.toBeNull();
  });

  test('gets room again when its answers end', () => {
    const limit = createLoadLimit({ answers: 4, bytes: 100 });
    const places = [limit.enter('a'), limit.enter('a'), limit.enter('a')];
    expect(limit.enter('a')).toBeNull();
    for (const place of places) place?.leave();
    expect(limit.enter('a')).not.toBeNull();
  });
});

describe('an answer that stands still', () => {
  test('makes room for others after five seconds, the one that has stood longest first', () => {
    const { clock, limit } = withClock({ answers: 3, bytes: 100 });
    const ended: string[] = [];
    const [first, second, third] = [limit.enter(), limit.enter(), limit.enter()];
    first?.send(() => ended.push('first'));
    second?.send(() => ended.push('second'));
    clock.now = 4_999;
    expect(limit.enter()).toBeNull();
    first?.move();
    clock.now = 5_000;
    expect(limit.enter()).not.toBeNull();
    expect(ended).toEqual(['second']);
    expect(limit.enter()).toBeNull();
    clock.now = 9_999;
    expect(limit.enter()).not.toBeNull();
    expect(ended).toEqual(['second', 'first']);
    clock.now = 99_999;
    expect(limit.enter()).toBeNull(); // the third is not on its way yet
    expect(third?.leave()).toBe(true);
  });

  test('makes room for bytes as well', () => {
    const { clock, limit } = withClock({ answers: 10, bytes: 100 });
    const ended: number[] = [];
    for (let answer = 0; answer < 4; answer += 1) {
      const place = limit.enter();
      place?.hold(25);
      place?.send(() => ended.push(answer));
    }
    clock.now = 5_000;
    expect(limit.enter()?.hold(50)).toBe(true);
    expect(ended).toEqual([0, 1]);
    expect(limit.load()).toEqual({ answers: 3, bytes: 100 });
  });

  test('of a client that has its share makes room for that client', () => {
    const { clock, limit } = withClock({ answers: 8, bytes: 100 });
    const ended: string[] = [];
    limit.enter('other')?.send(() => ended.push('other'));
    for (let place = limit.enter('own'); place; place = limit.enter('own')) place.send(() => ended.push('own'));
    clock.now = 5_000;
    expect(limit.enter('own')).not.toBeNull();
    expect(ended).toEqual(['own']);
  });
});
