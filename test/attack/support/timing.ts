const samples = 1_500; // of each
const callsPerSample = 10;
const rounds = 3;
const trimmed = 0.2; // the slowest samples: they tell of the machine, not of the function
const significance = 6; // Welch's t; of the same function with itself it is below 3 or so
const relevance = 0.01; // of the mean; where a string lies in memory can make less

/**
 * Does one of two functions take longer? Measures them in turns and compares the means by Welch's t-test. A difference
 * counts when it is significant, is no trifle, and shows in the same direction in three rounds of fresh samples: noise
 * would have to be alike three times to be taken for one.
 */
export function timesDiffer(a: () => unknown, b: () => unknown): boolean {
  measure(a, b); // until both are compiled
  let direction = 0;
  for (let round = 0; round < rounds; round += 1) {
    const [timesOfA, timesOfB] = measure(a, b);
    const now = compare(momentsOf(timesOfA), momentsOf(timesOfB));
    if (now === 0 || (direction !== 0 && now !== direction)) return false;
    direction = now;
  }
  return true;
}

/** Nanoseconds of each sample, taken in turns, and each first as often as the other. */
function measure(a: () => unknown, b: () => unknown): [number[], number[]] {
  const timesOfA: number[] = [];
  const timesOfB: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    if (sample % 2 === 0) timesOfA.push(timeOf(a));
    timesOfB.push(timeOf(b));
    if (sample % 2 === 1) timesOfA.push(timeOf(a));
  }
  return [timesOfA, timesOfB];
}

function timeOf(work: () => unknown): number {
  const start = process.hrtime.bigint();
  for (let call = 0; call < callsPerSample; call += 1) work();
  return Number(process.hrtime.bigint() - start) / callsPerSample;
}

interface Moments {
  mean: number;
  /** Of the mean, not of the single samples. */
  variance: number;
}

function momentsOf(times: number[]): Moments {
  const kept = times.toSorted((x, y) => x - y).slice(0, Math.floor(times.length * (1 - trimmed)));
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  const squares = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return { mean, variance: squares / (kept.length - 1) / kept.length };
}

/** @returns the sign of the difference, or 0 when there is none */
function compare(a: Moments, b: Moments): number {
  const difference = a.mean - b.mean;
  const isSignificant = Math.abs(difference) > significance * Math.sqrt(a.variance + b.variance);
  const isRelevant = Math.abs(difference) > relevance * Math.min(a.mean, b.mean);
  return isSignificant && isRelevant ? Math.sign(difference) : 0;
}
