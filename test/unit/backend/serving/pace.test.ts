import { describe, expect, test } from 'vitest';
import { createPace } from '../../../../src/backend/serving/pace.js';

const kibibyte = 1024;
const patience = 30_000;

function withClock() {
  const clock = { now: 0 };
  const pace = createPace(patience, () => clock.now);
  let ended = 0;
  return {
    watch: (connection: object, inOneGo?: number) =>
      pace.watch(
        connection,
        () => {
          ended += 1;
        },
        inOneGo,
      ),
    /** So many seconds pass, and something happens in each. */
    pass(seconds: number, each = () => {}) {
      for (let second = 0; second < seconds; second += 1) {
        each();
        clock.now += 1_000;
        pace.check();
      }
    },
    ended: () => ended,
  };
}

describe('an answer', () => {
  test('of which nothing is taken is ended after half a minute', () => {
    const { watch, pass, ended } = withClock();
    watch({});
    pass(29);
    expect(ended()).toBe(0);
    pass(1);
    expect(ended()).toBe(1);
  });

  test('that is taken at 3 KiB a second is ended, though it always moves', () => {
    const { watch, pass, ended } = withClock();
    const answer = watch({});
    pass(100, () => answer.took(3 * kibibyte));
    expect(ended()).toBe(0);
    pass(20, () => answer.took(3 * kibibyte));
    expect(ended()).toBeGreaterThan(0);
  });

  test('that is taken at 4 KiB a second goes on for ever', () => {
    const { watch, pass, ended } = withClock();
    const answer = watch({});
    pass(10_000, () => answer.took(4 * kibibyte));
    expect(ended()).toBe(0);
  });

  test('that begins fast, into buffers on its way, is ended half a minute later when nothing follows', () => {
    const { watch, pass, ended } = withClock();
    watch({}).took(100_000 * kibibyte);
    pass(29);
    expect(ended()).toBe(0);
    pass(1);
    expect(ended()).toBe(1);
  });

  test('that stops for 20 seconds now and then is not ended', () => {
    const { watch, pass, ended } = withClock();
    const answer = watch({});
    for (let round = 0; round < 100; round += 1) {
      pass(20);
      answer.took(200 * kibibyte);
    }
    expect(ended()).toBe(0);
  });

  test('that was handed over at once may take the time that its bytes need', () => {
    const { watch, pass, ended } = withClock();
    watch({}, 400 * kibibyte);
    pass(129);
    expect(ended()).toBe(0);
    pass(1);
    expect(ended()).toBe(1);
  });

  test('that waits for us is not ended, however long, and has as long as before when it goes on', () => {
    const { watch, pass, ended } = withClock();
    const answer = watch({});
    pass(10);
    answer.pause();
    pass(1_000);
    answer.resume();
    pass(19);
    expect(ended()).toBe(0);
    pass(1);
    expect(ended()).toBe(1);
  });

  test('that was sent is looked at no more', () => {
    const { watch, pass, ended } = withClock();
    watch({}).stop();
    pass(100);
    expect(ended()).toBe(0);
  });
});

describe('answers over one connection', () => {
  test('share its speed: one after the other is as good as all at once', () => {
    const { watch, pass, ended } = withClock();
    const connection = {};
    const answers = Array.from({ length: 12 }, () => watch(connection));
    for (const answer of answers) {
      pass(60, () => answer.took(5 * kibibyte));
      answer.stop();
    }
    expect(ended()).toBe(0);
  });

  test('may not be slow because one of them waits for us', () => {
    const { watch, pass, ended } = withClock();
    const connection = {};
    watch(connection).pause();
    watch(connection);
    pass(30);
    expect(ended()).toBeGreaterThan(0);
  });

  test('are ended together, and others are not', () => {
    const { watch, pass, ended } = withClock();
    const connection = {};
    watch(connection);
    watch(connection);
    const other = watch({});
    pass(100, () => other.took(10 * kibibyte));
    expect(ended()).toBeGreaterThanOrEqual(2);
    other.stop();
  });
});
