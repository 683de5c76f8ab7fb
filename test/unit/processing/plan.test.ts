import { describe, expect, test } from 'vitest';
import { planVariant } from '../../../src/processing/plan.js';

const sizeOf = ({ width, height }: { width: number; height: number }) => [width, height];

describe('the whole picture, inside a box', () => {
  test.each([
    [{ width: 160 }, [160, 106]],
    [{ height: 30 }, [45, 30]],
    [{ width: 100, height: 30 }, [45, 30]],
    [{ width: 30, height: 100 }, [30, 20]],
    [{ width: 1 }, [1, 1]],
    [{ width: 451 }, [451, 300]],
    [{ width: 2000, height: 2000 }, [451, 300]],
  ])('%j', (definition, expected) => {
    const plan = planVariant({ width: 451, height: 300 }, definition);
    expect(sizeOf(plan)).toEqual(expected);
    expect(plan.whole).toEqual({ width: plan.width, height: plan.height });
  });
});

describe('a box that is filled', () => {
  test.each([
    ['a square of a landscape', { width: 100, height: 100 }, [100, 100], [150, 100]],
    ['a tall box', { width: 50, height: 200 }, [50, 200], [301, 200]],
    ['a box larger than the picture becomes smaller as it is', { width: 600, height: 600 }, [300, 300], [451, 300]],
    ['a box of its very size', { width: 451, height: 300 }, [451, 300], [451, 300]],
    ['a box that is wider than the picture', { width: 902, height: 100 }, [451, 50], [451, 300]],
  ])('%s', (_, box, size, whole) => {
    const plan = planVariant({ width: 451, height: 300 }, { ...box, fit: 'cover' });
    expect(sizeOf(plan)).toEqual(size);
    expect(sizeOf(plan.whole)).toEqual(whole);
  });

  test('the whole picture is never smaller than the box', () => {
    for (let width = 1; width < 60; width += 1) {
      const { whole, ...size } = planVariant({ width, height: 37 }, { width: 23, height: 29, fit: 'cover' });
      expect(whole.width).toBeGreaterThanOrEqual(size.width);
      expect(whole.height).toBeGreaterThanOrEqual(size.height);
    }
  });
});
