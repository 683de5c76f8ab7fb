import { describe, expect, test } from 'vitest';
import { createLoadLimit } from '../../../../src/backend/endpoint/load-limit.js';

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
    place?.leave();
    place?.leave();
    expect(limit.load()).toEqual({ answers: 0, bytes: 0 });
  });
});
