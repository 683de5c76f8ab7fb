import { describe, expect, test } from 'vitest';
import { createReadingLimit } from '../../../../src/backend/serving/reading-limit.js';

function withLimit(bodies: number, bytes = 1_000) {
  const limit = createReadingLimit({ bodies, bytes });
  const givenUp: string[] = [];
  let count = 0;
  const begin = (client: string) => {
    count += 1;
    const name = `${client}${count}`;
    return limit.begin(client, () => givenUp.push(name));
  };
  return { limit, givenUp, begin };
}

describe('bodies that are being read', () => {
  test('never keep a new one out: the oldest of the client with the most is given up', () => {
    const { limit, givenUp, begin } = withLimit(4);
    for (const client of ['a', 'b', 'b', 'b']) begin(client);
    begin('c');
    expect(givenUp).toEqual(['b2']);
    begin('b');
    expect(givenUp).toEqual(['b2', 'b3']);
    expect(limit.load()).toEqual({ bodies: 4, bytes: 0 });
  });

  test('a thousand strangers who never end theirs lose them, and not who comes after them', () => {
    const { givenUp, begin } = withLimit(100);
    for (let stranger = 0; stranger < 1_000; stranger += 1) begin('stranger');
    const honest = begin('honest');
    for (let stranger = 0; stranger < 1_000; stranger += 1) begin('stranger');
    expect(givenUp.filter((name) => name.startsWith('honest'))).toEqual([]);
    honest.end();
  });

  test('hold so many bytes at most, but one may always be read', () => {
    const { limit, givenUp, begin } = withLimit(10, 100);
    const first = begin('a');
    first.add(90);
    const second = begin('b');
    second.add(20);
    expect(givenUp).toEqual(['a1']);
    first.add(50); // what still arrives of it is not counted
    second.add(500);
    expect(givenUp).toEqual(['a1']);
    expect(limit.load()).toEqual({ bodies: 1, bytes: 520 });
  });

  test('make room when they end, once', () => {
    const { limit, givenUp, begin } = withLimit(1);
    const body = begin('a');
    body.add(10);
    body.end();
    body.end();
    begin('a');
    expect(givenUp).toEqual([]);
    expect(limit.load()).toEqual({ bodies: 1, bytes: 0 });
  });

  test('are counted and not given up while they are worked on', () => {
    const { limit, givenUp, begin } = withLimit(10, 100);
    const whole = begin('a');
    whole.add(90);
    whole.keep();
    expect(limit.load()).toEqual({ bodies: 1, bytes: 90 });
    const late = begin('b');
    late.add(20);
    expect(givenUp).toEqual(['b2']); // there is nothing else to make room with
    expect(limit.load()).toEqual({ bodies: 1, bytes: 90 });
    whole.end();
    expect(limit.load()).toEqual({ bodies: 0, bytes: 0 });
  });
});
