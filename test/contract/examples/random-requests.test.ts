import { expect, it } from 'vitest';
import { type Endpoint, startEndpoint } from '../../support/endpoint.js';
import { sendRaw } from '../../support/raw-http.js';
import { createRandom, type Random } from './support/random.js';

const seed = 20_260_101;
const requests = 1_000;
const atOnce = 25;
const patience = 30_000; // ms; it takes half a second, but perhaps on a busy machine

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'QUERY', 'get'];
const headerNames = [
  ...['Host', 'Origin', 'Range', 'Cookie', 'Connection', 'Upgrade', 'Expect', 'Content-Length', 'Transfer-Encoding'],
  ...['x-pixstore-proof', 'x-pixstore-token', 'Access-Control-Request-Method', '__proto__', 'constructor'],
];
const visible = [0x21, 0x7e] as const;

/** Nothing here is made to be valid; the more often a kind is, the further it gets. */
const kinds: readonly ((random: Random, endpoint: Endpoint) => Buffer)[] = [
  // no HTTP at all
  (random) => random.bytes(2_000),
  // any bytes as method, path and query
  (random) =>
    request([random.bytes(20), ' /', random.bytes(300), '?', random.bytes(300)], [['Host', 'a']], random.bytes(100)),
  // bytes that a parser lets pass: these reach our own code
  (random) => request([random.oneOf(methods), ' /', random.bytes(300, ...visible)], [['Host', 'a']]),
  (random, { path }) =>
    request(
      [
        'GET ',
        path,
        random.bytes(30, ...visible),
        '?proof=',
        random.bytes(99, ...visible),
        '&',
        random.bytes(50, ...visible),
      ],
      [['Host', 'a']],
    ),
  (random) => request(['GET /pixstore-image/', percentEncoded(random), '?', percentEncoded(random)], [['Host', 'a']]),
  // an image that exists, asked for with random headers
  (random, { path }) => request([random.oneOf(methods), ' ', path], headers(random, 0x20, 0xff)),
  (random, { goodTarget }) => request([random.oneOf(methods), ' ', goodTarget], headers(random, ...visible)),
  (random, { goodTarget }) =>
    request(
      ['GET ', goodTarget],
      [
        ['Host', 'a'],
        [random.bytes(30), random.bytes(100)],
      ],
    ),
];

type Text = Buffer | string;

function request(line: Text[], fields: [Text, Text][], body: Buffer = Buffer.alloc(0)): Buffer {
  const head = [...line, ' HTTP/1.1\r\n', ...fields.flatMap(([name, value]) => [name, ': ', value, '\r\n']), '\r\n'];
  return Buffer.concat([...head.map((text) => Buffer.from(text)), body]);
}

function headers(random: Random, from: number, to: number): [Text, Text][] {
  const random1 = (): [Text, Text] => [random.oneOf(headerNames), random.bytes(200, from, to)];
  return [['Host', 'a'], random1(), random1(), random1()];
}

function percentEncoded(random: Random): string {
  return random.bytes(60).toString('hex').replace(/../g, '%$&');
}

it(
  'a thousand requests of random bytes leave the endpoint answering',
  async () => {
    const endpoint = await startEndpoint();
    const { port, own } = endpoint;
    const random = createRandom(seed);
    const statuses: Record<number, number> = {};
    const logBefore = own.logger.lines.length;
    let sent = 0;

    async function sendSome() {
      while (sent < requests) {
        sent += 1;
        const { status } = await sendRaw(port, random.oneOf(kinds)(random, endpoint), true);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }

    await Promise.all(Array.from({ length: atOnce }, sendSome));

    expect(await endpoint.isIntact()).toBe(true);
    // Nothing failed inside: what is wrong with a request is told to whoever sent it.
    expect(own.logger.lines.slice(logBefore)).toEqual([]);
    expect(
      Object.keys(statuses)
        .map(Number)
        .filter((status) => status >= 500),
    ).toEqual([]);
    // A good part of them got through Node's own parser, to our code.
    const reached = (statuses[200] ?? 0) + (statuses[204] ?? 0) + (statuses[404] ?? 0) + (statuses[405] ?? 0);
    expect(reached).toBeGreaterThan(requests / 4);
  },
  patience,
);
