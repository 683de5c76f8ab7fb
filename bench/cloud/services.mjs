import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = fileURLToPath(new URL('../../scripts/services/', import.meta.url));

/**
 * A PostgreSQL and an S3 server: those that the environment names (`DATABASE_URL`, `S3_ENDPOINT` and so on), or some of our
 * own, on a disk, which end with us.
 *
 * @param {string} place
 */
export function startServices(place) {
  const { DATABASE_URL: databaseUrl = start('start-postgres.sh', join(place, 'postgres')).DATABASE_URL } = process.env;
  const env = process.env.S3_ENDPOINT ? process.env : start('start-s3.sh', join(place, 's3'));
  const s3 = {
    endpoint: env.S3_ENDPOINT ?? '',
    region: env.S3_REGION ?? 'us-east-1',
    accessKeyId: env.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '',
  };
  return { databaseUrl, s3 };
}

/** @param {string} script @param {string} folder @returns {Record<string, string>} what it prints */
function start(script, folder) {
  chmodSync(dirname(folder), 0o755); // as root, PostgreSQL runs as another user
  process.on('exit', () => spawnSync('bash', [scripts + script, 'destroy', folder]));
  const { stdout, status } = spawnSync('bash', [scripts + script, 'start', folder], {
    env: { ...process.env, PG_FSYNC: 'on' },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${script} failed: see what it said above.`);
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/).slice(0, 2)),
  );
}
