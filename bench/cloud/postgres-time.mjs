import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import pg from 'pg';

/**
 * The time of the processor that a PostgreSQL on this machine has spent for the connections it has, in µs.
 *
 * @param {string} databaseUrl
 * @returns {Promise<number>} NaN where it runs elsewhere
 */
export async function postgresTime(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  await client.end();
  try {
    const ticks = rows.map(({ pid }) => {
      const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return Number(user) + Number(system);
    });
    const perSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
    return (ticks.reduce((sum, each) => sum + each, 0) / perSecond) * 1_000_000;
  } catch {
    return Number.NaN;
  }
}
