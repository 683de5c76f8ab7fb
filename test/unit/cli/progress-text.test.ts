import { expect, test } from 'vitest';
import { progressLine, progressText } from '../../../src/cli/progress-text.js';

const state = { label: 'check', unit: 'image', done: 2_500, total: 10_000, bytes: 125_000_000, elapsed: 5_000 };

test('a bar has rate and time left, and fits the terminal', () => {
  expect(progressText(state)).toBe(
    'check  [######------------------]  25 %  2,500 of 10,000 images  500/s, 25.0 MB/s  0:15 left',
  );
  expect(progressText(state, 80)).toBe('check  25 %  2,500 of 10,000 images  500/s, 25.0 MB/s  0:15 left');
  expect(progressText(state, 20)).toHaveLength(19);
});

test('a line for logs has no bar; what is not known yet is left out', () => {
  expect(progressLine(state)).toBe('check: 25 %, 2,500 of 10,000 images, 500/s, 25.0 MB/s, 0:15 left');
  expect(progressLine({ ...state, total: undefined, bytes: undefined })).toBe('check: 2,500 images, 500/s');
  expect(progressLine({ ...state, done: 0, bytes: 0, elapsed: 0 })).toBe('check: 0 %, 0 of 10,000 images');
});
