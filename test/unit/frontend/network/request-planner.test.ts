import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FetchPriority, priorities } from '../../../../src/frontend/network/demand.js';
import { type LineState, planRequests } from '../../../../src/frontend/network/request-planner.js';

interface NamedFetch {
  name: string;
  demand: { priority: FetchPriority };
}

const fetchesOf = (count: number, priority: FetchPriority = 'auto'): NamedFetch[] =>
  Array.from({ length: count }, (_, at) => ({ name: `${priority}${at}`, demand: { priority } }));

const idle: LineState<NamedFetch> = {
  isHeadStart: false,
  waiting: [],
  underWay: 0,
  takesBatches: true,
  meanBytes: 16 * 1024,
};

const planOf = (state: Partial<LineState<NamedFetch>>) => planRequests({ ...idle, ...state });

/** Priority and number of images of each request. */
const sizesOf = (state: Partial<LineState<NamedFetch>>) =>
  planOf(state).requests.map(({ priority, fetches }) => [priority, fetches.length]);

test('where nothing waits, nothing goes out', () => {
  expect(planOf({})).toEqual({ requests: [], beginsHeadStart: false });
});

test('what waits goes out in the order in which it was asked for', () => {
  const waiting = fetchesOf(20);
  const { requests } = planOf({ waiting });
  expect(requests.flatMap(({ fetches }) => fetches)).toEqual(waiting);
});

test('the state that it is given stays as it is', () => {
  const state = { ...idle, waiting: fetchesOf(100) };
  const before = structuredClone(state);
  planRequests(state);
  expect(state).toEqual(before);
});

describe('how many requests', () => {
  test.each([
    [1, [1]],
    [8, [8]],
    [9, [5, 4]],
    [16, [8, 8]],
    [17, [6, 6, 5]],
    [32, [8, 8, 8, 8]],
  ])('%i images on an idle line go out in requests of %j', (count, sizes) => {
    expect(sizesOf({ waiting: fetchesOf(count) })).toEqual(sizes.map((size) => ['auto', size]));
  });

  test.each<[FetchPriority, number]>([
    ['high', 6],
    ['auto', 4],
    ['low', 1],
  ])('of priority %s some may start until %i are under way, whatever their priority', (priority, slots) => {
    const waiting = fetchesOf(400, priority);
    for (let underWay = 1; underWay <= slots + 1; underWay += 1) {
      expect(sizesOf({ waiting, underWay, meanBytes: 1 }).length).toBe(Math.max(0, slots - underWay));
    }
  });

  test('those that were just planned count as well', () => {
    const waiting = [...fetchesOf(16, 'low'), ...fetchesOf(32), ...fetchesOf(16, 'high')];
    expect(sizesOf({ waiting })).toEqual([
      ['high', 8],
      ['high', 8],
      ['auto', 16],
      ['auto', 16],
    ]);
  });

  test('what is wanted later waits until the line is idle', () => {
    const waiting = fetchesOf(4, 'low');
    expect(sizesOf({ waiting, underWay: 1 })).toEqual([]);
    expect(sizesOf({ waiting: [...waiting, ...fetchesOf(1)] })).toEqual([['auto', 1]]);
    expect(sizesOf({ waiting })).toEqual([['low', 4]]);
  });
});

describe('how much in one request', () => {
  test('no more than 256 images', () => {
    expect(sizesOf({ waiting: fetchesOf(2000), underWay: 1, meanBytes: 10 })).toEqual([
      ['auto', 256],
      ['auto', 256],
      ['auto', 256],
    ]);
  });

  test('no more than about 2 MB, by the size of images of late', () => {
    const waiting = fetchesOf(1000);
    expect(sizesOf({ waiting, underWay: 3, meanBytes: 100_000 })).toEqual([['auto', 20]]);
    expect(sizesOf({ waiting, underWay: 3, meanBytes: 300_000 })).toEqual([['auto', 7]]);
    expect(sizesOf({ waiting, underWay: 3, meanBytes: 50_000_000 })).toEqual([['auto', 1]]);
  });

  test('a head start keeps to that, too', () => {
    expect(sizesOf({ waiting: fetchesOf(1000), meanBytes: 200_000 })).toEqual([['auto', 10]]);
  });
});

describe('the head start of a large gallery', () => {
  test('begins with more than 32 images on an idle line, and nothing else goes out', () => {
    expect(planOf({ waiting: fetchesOf(32) }).beginsHeadStart).toBe(false);
    const { requests, beginsHeadStart } = planOf({ waiting: [...fetchesOf(33), ...fetchesOf(3, 'low')] });
    expect(beginsHeadStart).toBe(true);
    expect(requests).toEqual([{ priority: 'auto', fetches: fetchesOf(16) }]);
  });

  test.each([
    [33, 16],
    [64, 16],
    [67, 16],
    [68, 17],
    [103, 25],
  ])('of %i images the first %i go ahead: a share like those of the others, but a row at least', (count, ahead) => {
    expect(sizesOf({ waiting: fetchesOf(count) })).toEqual([['auto', ahead]]);
  });

  test('images of all priorities do not add up to a large gallery', () => {
    const waiting = [...fetchesOf(20), ...fetchesOf(20, 'low')];
    expect(planOf({ waiting }).beginsHeadStart).toBe(false);
  });

  test('is not given on a line that is busy', () => {
    expect(planOf({ waiting: fetchesOf(100), underWay: 1 }).beginsHeadStart).toBe(false);
    // What is visible was planned before it, and makes the line busy.
    const { requests, beginsHeadStart } = planOf({ waiting: [...fetchesOf(100), ...fetchesOf(1, 'high')] });
    expect(beginsHeadStart).toBe(false);
    expect(requests.map(({ fetches }) => fetches.length)).toEqual([1, 34, 33, 33]);
  });

  test('is not given where images are asked for one by one', () => {
    const { requests, beginsHeadStart } = planOf({ waiting: fetchesOf(100), takesBatches: false });
    expect(beginsHeadStart).toBe(false);
    expect(requests).toHaveLength(12);
  });

  test('holds up all but what is visible', () => {
    const waiting = [...fetchesOf(10, 'low'), ...fetchesOf(100), ...fetchesOf(9, 'high')];
    expect(planOf({ isHeadStart: true, underWay: 1, waiting })).toEqual({
      requests: [
        { priority: 'high', fetches: fetchesOf(9, 'high').slice(0, 5) },
        { priority: 'high', fetches: fetchesOf(9, 'high').slice(5) },
      ],
      beginsHeadStart: false,
    });
  });

  test('of visible images holds up those that are not', () => {
    const { requests, beginsHeadStart } = planOf({ waiting: [...fetchesOf(8), ...fetchesOf(48, 'high')] });
    expect(beginsHeadStart).toBe(true);
    expect(requests.map(({ priority, fetches }) => [priority, fetches.length])).toEqual([
      ['high', 16],
      ['high', 8],
      ['high', 8],
      ['high', 8],
      ['high', 8],
    ]);
  });
});

describe('an endpoint that takes no batches', () => {
  test.each<[FetchPriority, number]>([
    ['high', 18],
    ['auto', 12],
    ['low', 3],
  ])('is asked for one image in each request, of priority %s up to %i of them', (priority, slots) => {
    const waiting = fetchesOf(40, priority);
    const sizes = sizesOf({ waiting, takesBatches: false });
    expect(sizes).toEqual(Array.from({ length: slots }, () => [priority, 1]));
    expect(sizesOf({ waiting, takesBatches: false, underWay: slots - 1 })).toEqual([[priority, 1]]);
  });
});

test('whatever the state: each fetch goes out once at most and with its own priority, and no request is empty', () => {
  const counts = fc.record({
    high: fc.integer({ min: 0, max: 80 }),
    auto: fc.integer({ min: 0, max: 600 }),
    low: fc.integer({ min: 0, max: 80 }),
  });
  const states = fc.record({
    isHeadStart: fc.boolean(),
    underWay: fc.integer({ min: 0, max: 20 }),
    takesBatches: fc.boolean(),
    meanBytes: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
  });
  fc.assert(
    fc.property(counts, states, (count, state) => {
      const waiting = priorities.flatMap((priority) => fetchesOf(count[priority], priority));
      const { requests } = planRequests({ ...state, waiting });
      const sent = requests.flatMap(({ fetches }) => fetches);
      expect(new Set(sent).size).toBe(sent.length);
      for (const { priority, fetches } of requests) {
        expect(fetches.length).toBeGreaterThan(0);
        expect(fetches.length).toBeLessThanOrEqual(state.takesBatches ? 256 : 1);
        expect(fetches.every(({ demand }) => demand.priority === priority)).toBe(true);
      }
      // An idle line always sends something, so that nothing waits for ever.
      if (waiting.length > 0 && state.underWay === 0 && !state.isHeadStart) expect(sent).not.toEqual([]);
    }),
    { numRuns: 200 },
  );
});
