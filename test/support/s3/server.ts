import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** How to reach a server that speaks S3. */
export interface S3Server {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  forcePathStyle: boolean;
  /** One that is there already, for all tests. Without it each makes one. */
  bucket: string | undefined;
  /** Where the data is of one that was started here, so that it can be killed. */
  folder: string | undefined;
}

/** Why there is none, in one sentence. */
export interface NoS3Server {
  missing: string;
}

const program = fileURLToPath(new URL('../../../scripts/services/start-s3.sh', import.meta.url));

/** What it keeps its data in: on a disk, or, for what nobody kills, in memory, which is faster. */
export type Kept = 'bluestore' | 'memstore';

/** Runs a command of `start-s3.sh`. @returns what it prints */
async function serverCommand(kept: Kept, ...args: string[]): Promise<string> {
  const env = { ...process.env, S3_STORE: kept };
  const { stdout } = await promisify(execFile)('bash', [program, ...args], { timeout: 300_000, env });
  return stdout;
}

/**
 * The server that the environment names, or one that is started here.
 *
 * @throws where one should start, and does not
 */
export async function startS3Server(kept: Kept): Promise<S3Server | NoS3Server> {
  if (process.env.S3_ENDPOINT) return readServer(process.env);
  if (!(await canStart())) {
    return { missing: 'there is no S3 server for this system: name one by S3_ENDPOINT, S3_ACCESS_KEY_ID and so on' };
  }
  // Not where temporary files may be in memory: the server keeps its data by direct I/O.
  const folder = await mkdtemp('/var/tmp/pixstore-s3-');
  const printed = await serverCommand(kept, 'start', folder);
  const settings = Object.fromEntries(
    printed
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/).slice(0, 2)),
  );
  return { ...readServer(settings), folder };
}

export async function stopS3Server(server: S3Server | NoS3Server): Promise<void> {
  if ('folder' in server && server.folder) await serverCommand('memstore', 'destroy', server.folder);
}

/** Where Debian's packages can be installed, or Ceph is there. */
async function canStart(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const find = 'command -v radosgw || { command -v apt-get && { [ "$(id -u)" = 0 ] || sudo -n true; }; }';
  return promisify(execFile)('bash', ['-c', find]).then(
    () => true,
    () => false,
  );
}

function readServer(from: Record<string, string | undefined>): S3Server {
  const required = (name: string) => {
    const value = from[name];
    if (!value) throw new Error(`${name} is missing, which goes with S3_ENDPOINT`);
    return value;
  };
  return {
    endpoint: required('S3_ENDPOINT'),
    region: from.S3_REGION ?? 'us-east-1',
    accessKeyId: required('S3_ACCESS_KEY_ID'),
    secretAccessKey: required('S3_SECRET_ACCESS_KEY'),
    forcePathStyle: from.S3_FORCE_PATH_STYLE !== 'false',
    bucket: from.S3_BUCKET,
    folder: undefined,
  };
}
