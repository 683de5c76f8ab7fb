import type { TestProject } from 'vitest/node';
import { type NoS3Server, type S3Server, startS3Server, stopS3Server } from '../support/s3/server.js';

declare module 'vitest' {
  interface ProvidedContext {
    s3: S3Server | NoS3Server;
  }
}

/** One server for all tests of a run. */
export default async function setup({ provide }: TestProject) {
  const server = await startS3Server('memstore');
  if ('missing' in server) console.warn(`Tests with S3 are skipped: ${server.missing}.`);
  provide('s3', server);
  return () => stopS3Server(server);
}
