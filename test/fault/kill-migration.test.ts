import { describe, expect, test } from 'vitest';
import { describeMigration, killMigration } from './kill/kill-migration.mjs';

describe('a store of an older schema is whole, of the old schema or the new, and copied once', () => {
  for (const [how, title] of [
    ['kill', 'when the process that opens it is killed at any of its system calls'],
    ['fail', 'when any system call on the database or its copy fails'],
  ] as const) {
    test(title, async ({ skip }) => {
      // A sample; scripts/kill-test.mjs tries them all.
      const report = await killMigration({ how, sample: 12 });
      if (!report) return skip('this system does not let strace trace');
      console.log(describeMigration(report));
      expect(report.damages).toEqual([]);
      expect(report.points).toBeGreaterThan(8);
      expect(report.asBefore).toBeGreaterThan(0);
      expect(report.migrated).toBeGreaterThan(0);
      for (const ending of Object.keys(report.endings)) expect(ending).toMatch(/^(opened|killed|failed STORAGE_\w+)$/);
    });
  }
});
