import { describe, expect, test } from 'vitest';
import { killTest } from './kill/kill-test.mjs';
import { describeReport } from './kill/report.mjs';
import { createLedger } from './support/ledger.mjs';

test('a process killed at any of its system calls loses, tears and rolls back nothing', async () => {
  // A sample; scripts/kill-test.mjs tries them all.
  const report = await killTest({ sample: 80 });
  console.log(describeReport(report));
  expect(report.damages).toEqual([]);
  expect(report.points).toBeGreaterThan(40);
  expect(report.acknowledged).toBeGreaterThan(200);
});

describe('what may be found after a crash', () => {
  const found = (mark: string | null) => {
    const ledger = createLedger();
    for (const each of ['first', 'second']) {
      ledger.try('one', each);
      ledger.acknowledge('one');
    }
    ledger.try('one', 'third');
    return ledger.settle('one', mark);
  };

  test('is the version acknowledged last, or one that was tried since', () => {
    expect(found('second')).toBeUndefined();
    expect(found('third')).toBeUndefined();
  });

  test('is not the version before it, not none at all, and nothing that never was', () => {
    expect(found('first')).toBe('rolled back');
    expect(found(null)).toBe('lost');
    expect(found('half of the third')).toBe('torn');
  });

  test('is no image after a removal, and either after a removal that was not acknowledged', () => {
    const ledger = createLedger();
    ledger.try('one', 'first');
    ledger.acknowledge('one');
    ledger.try('one', null);
    expect(ledger.settle('one', null)).toBeUndefined();
    ledger.try('one', 'second');
    ledger.acknowledge('one');
    ledger.try('one', null);
    ledger.acknowledge('one');
    expect(ledger.settle('one', 'second')).toBe('rolled back');
  });
});
