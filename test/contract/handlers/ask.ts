import { connect } from 'node:http2';
import { encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { framesOf } from '../../support/frames.js';

/** Sends a request somewhere: `fetch`, or what stands for it where that speaks no such protocol. */
export type Send = (url: string, init?: RequestInit) => Promise<Response>;

const bearer = (jwt: string | undefined) => (jwt === undefined ? {} : { Authorization: `Bearer ${jwt}` });

export function imageUrl(url: string, { id, token, statelessProof }: ImageRecord): string {
  return `${url}/${encodeURIComponent(id)}?proof=${statelessProof}&token=${token}`;
}

export async function askFor(send: Send, url: string, record: ImageRecord, jwt?: string): Promise<Uint8Array> {
  const response = await send(imageUrl(url, record), { headers: bearer(jwt) });
  return new Uint8Array(await response.arrayBuffer());
}

/** @returns the payloads of a batch, in the order of the records */
export async function askForMany(
  send: Send,
  url: string,
  records: readonly ImageRecord[],
  jwt?: string,
): Promise<Uint8Array[]> {
  const images = records.map(({ id, token, statelessProof }) => ({ id, token, proof: statelessProof }));
  const headers = { 'Content-Type': 'text/plain', ...bearer(jwt) };
  const response = await send(url, { method: 'POST', body: encodeBatchRequest(images), headers });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  return framesOf(new Uint8Array(await response.arrayBuffer()), records.length);
}

/** As `fetch`, over HTTP/2 in the clear. */
export const sendHttp2: Send = (url, init = {}) =>
  new Promise((resolve, reject) => {
    const { origin, pathname, search } = new URL(url);
    const client = connect(origin);
    client.on('error', reject);
    const headers = Object.fromEntries(new Headers(init.headers));
    const stream = client.request({ ':path': pathname + search, ':method': init.method ?? 'GET', ...headers });
    const chunks: Uint8Array[] = [];
    let status = 0;
    stream.on('response', (answer) => {
      status = answer[':status'] ?? 0;
    });
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      client.close();
      resolve(new Response(status === 204 ? null : Buffer.concat(chunks), { status }));
    });
    stream.end(init.body ?? undefined);
  });
