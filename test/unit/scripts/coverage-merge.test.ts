import type { FileCoverageData } from 'istanbul-lib-coverage';
import { expect, test } from 'vitest';
import { addHits } from '../../../scripts/coverage/merge.mjs';

const at = (line: number, column: number, endColumn: number) => ({
  start: { line, column },
  end: { line, column: endColumn },
});

/** A file of two statements and one `if`, with the ends of all that a compiler maps in its own way. */
function file(end: number, statements: [number, number], arms: [number, number]): FileCoverageData {
  return {
    path: 'a.ts',
    statementMap: { '0': at(1, 0, end), '1': at(2, 0, end) },
    s: { '0': statements[0], '1': statements[1] },
    branchMap: { '0': { loc: at(1, 0, end), locations: [], type: 'if', line: 1 } },
    b: { '0': arms },
    fnMap: {},
    f: {},
  };
}

test('hits of statements and branches that begin at the same place are added', () => {
  const merged = file(9, [1, 0], [1, 0]);
  addHits(merged, file(10, [1, 2], [0, 3]));
  expect(merged.s).toEqual({ '0': 2, '1': 2 });
  expect(merged.b).toEqual({ '0': [1, 3] });
});

test('what only the other run has is left out', () => {
  const merged = file(9, [1, 0], [1, 0]);
  addHits(merged, { ...file(9, [0, 0], [0, 0]), statementMap: { '0': at(7, 0, 9) }, s: { '0': 5 } });
  expect(merged.s).toEqual({ '0': 1, '1': 0 });
});
