import { framesOf } from '../../support/frames.js';
import { stateOf } from '../../support/payload.js';
import { requestBytes, sendAll, sendRaw } from '../../support/raw-http.js';
import { batchRequest } from './connection.js';

const route = '/pixstore-image';
const mostPerBatch = 256;

export interface Attempt {
  id: string;
  proof: string;
}

/** The states that attempts are answered with, each in a request of its own, all on one connection. */
export async function statesOfRequests(port: number, targets: readonly string[]): Promise<(string | undefined)[]> {
  const requests = targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: images.test\r\n\r\n`);
  const answers = await sendAll(port, requests.join('') + requestBytes('GET', '/the-end'));
  return answers.slice(0, -1).map(({ status, body }) => (status === 200 ? stateOf(body) : String(status)));
}

/** The same in batches. */
export async function statesOfBatch(port: number, attempts: readonly Attempt[]): Promise<(string | undefined)[]> {
  const states = [];
  for (let at = 0; at < attempts.length; at += mostPerBatch) {
    const images = attempts.slice(at, at + mostPerBatch);
    const { body } = await sendRaw(port, batchRequest(route, images, ['Connection: close']));
    states.push(...framesOf(body, images.length).map(stateOf));
  }
  return states;
}

/** A target with the proof as these very bytes, whatever they are. */
export function targetWith({ id, proof }: Attempt): string {
  const escaped = [...Buffer.from(proof)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
  return `${route}/${encodeURIComponent(id)}?proof=${escaped.join('')}`;
}
