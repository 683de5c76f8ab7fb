import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import type { PixstoreBackend } from '../../src/backend/index.js';
import { masterKey } from '../support/backend.js';
import { importBlocks } from '../support/code-blocks.js';
import { openPayload } from '../support/payload.js';
import { newSchema } from '../support/postgres.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';
import { smallPicture } from '../support/small-picture.js';
import { codeBlocksOf, readDocument } from '../unit/docs/markdown.js';

interface Compose {
  services: Record<string, { environment?: Record<string, string>; depends_on?: Record<string, unknown> }>;
}

const blocks = codeBlocksOf(readDocument('docs/scaling.md'));
const blockOf = (language: string) => blocks.find((block) => block.language === language)?.code ?? '';

test('the compose file of docs/scaling.md can be read, and gives the server all that it asks for', () => {
  const { services } = parse(blockOf('yaml')) as Compose;
  const asked = new Set([...blockOf('ts').matchAll(/\b(?:DATABASE|S3)_[A-Z]+\b/g)].map(([name]) => name));
  const given = Object.keys(services.app?.environment ?? {});
  expect(given).toEqual(expect.arrayContaining([...asked]));
  for (const { depends_on: needed = {} } of Object.values(services)) {
    for (const name of Object.keys(needed)) expect(services).toHaveProperty(name);
  }
  expect(blockOf('nginx')).toContain('http://app:3000');
});

describe.skipIf(!s3Server)('the server of docs/scaling.md', () => {
  const { server: s3, bucket } = useBucket();

  test('keeps a picture in PostgreSQL and in a bucket, and serves it', async () => {
    const admin = new pg.Client({ connectionString: inject('databaseUrl') });
    await admin.connect();
    const database = newSchema();
    await admin.query(`CREATE DATABASE "${database}"`);
    await admin.end();
    const url = new URL(inject('databaseUrl'));
    url.pathname = database;
    vi.stubEnv('DATABASE_URL', url.href);
    vi.stubEnv('PIXSTORE_MASTER_KEY', masterKey);
    vi.stubEnv('S3_ENDPOINT', s3.endpoint);
    vi.stubEnv('S3_REGION', s3.region);
    vi.stubEnv('S3_BUCKET', bucket);
    vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey);
    vi.stubEnv('PORT', '0');
    const { backend, server, close } = await importBlocks<{
      backend: PixstoreBackend;
      server: Server;
      close(): Promise<void>;
    }>('docs/scaling.md', '// server.ts');
    onTestFinished(async () => {
      await close();
      vi.unstubAllEnvs();
    });
    if (!server.listening) await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await fetch(`${origin}/pixstore-image/-/health`)).status).toBe(200);

    const image = smallPicture();
    const saved = await backend.saveImage(image);
    const [record] = (await backend.getImageRecords([saved?.id ?? ''])) ?? [];
    if (!record) throw new Error('there is no record');
    const answer = await fetch(`${origin}/pixstore-image/${record.id}`, {
      headers: { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': String(record.token) },
    });
    expect(answer.status).toBe(200);
    expect(openPayload(Buffer.from(await answer.arrayBuffer()), record).equals(image)).toBe(true);
  });
});
