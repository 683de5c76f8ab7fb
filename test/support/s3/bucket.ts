import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { Files } from 'files-sdk';
import { s3Fetch } from 'files-sdk/s3-fetch';
import { afterAll, beforeAll, inject } from 'vitest';
import type { S3Server } from './server.js';

const found = inject('s3');

/** The server; null when there is none, as the tests have said then. */
export const s3Server: S3Server | null = 'missing' in found ? null : found;

/** A client of a server, or of a proxy in front of it, that tries once. */
export function s3Client(server: S3Server, endpoint = server.endpoint): S3Client {
  const { region, forcePathStyle, accessKeyId, secretAccessKey } = server;
  return new S3Client({
    endpoint,
    region,
    forcePathStyle,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** The same by files-sdk. */
export function s3Files(server: S3Server, bucket: string, endpoint = server.endpoint): Files {
  const { region, forcePathStyle, accessKeyId, secretAccessKey } = server;
  return new Files({ adapter: s3Fetch({ bucket, endpoint, region, forcePathStyle, accessKeyId, secretAccessKey }) });
}

/** A bucket for the tests of a file, or a part of one that they share: see `newPrefix`. */
export interface TestBucket {
  server: S3Server;
  client: S3Client;
  bucket: string;
  /** A prefix that nobody has used. */
  newPrefix(): string;
}

/** To be called once in a file of tests; what was written is removed after them. */
export function useBucket(): TestBucket {
  const server = s3Server as S3Server;
  const client = s3Client(server);
  const bucket = server.bucket ?? `pixstore-${randomBytes(8).toString('hex')}`;
  const ours = `pixstore-tests/${randomBytes(8).toString('hex')}`;
  let prefixes = 0;

  beforeAll(async () => {
    if (!server.bucket) await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  afterAll(async () => {
    // One that was started here goes as a whole.
    if (!server.folder) await removeAll();
    client.destroy();
  });

  async function removeAll(): Promise<void> {
    for (;;) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${ours}/` }));
      if (Contents.length === 0) break;
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    }
    if (!server.bucket) await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  }

  return {
    server,
    client,
    bucket,
    newPrefix() {
      prefixes += 1;
      return `${ours}/${prefixes}`;
    },
  };
}
