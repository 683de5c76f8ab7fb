import { describe, expect, it } from 'vitest';
import {
  type AudienceOptions,
  type BackendConfig,
  createFetchHandler,
  createNodeHandler,
  createPixstoreBackend,
  type HandlerOptions,
  type NodeRequest,
} from '../../../src/backend/index.js';
import { encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { temporaryFolder } from '../../support/folders.js';
import { framesOf } from '../../support/frames.js';
import { stateOf } from '../../support/payload.js';
import { photo, photoPath } from '../../support/photos.js';
import { imageUrl } from '../handlers/ask.js';
import { listen } from './support/listen.js';

type Backend = Awaited<ReturnType<typeof openBackend>>;

const coffee = photo('coffee.webp');
const path = photoPath('coffee.webp');

/** Everything that takes `{ audience }`: what it makes of an image that is there. */
const takers: [string, (backend: Backend, id: string, who: AudienceOptions) => unknown][] = [
  ['saveImage', (backend, _, who) => backend.saveImage(coffee, who)],
  ['saveImageFromFile', (backend, _, who) => backend.saveImageFromFile(path, who)],
  ['updateImage', (backend, id, who) => backend.updateImage(id, coffee, who)],
  ['updateImageFromFile', (backend, id, who) => backend.updateImageFromFile(id, path, who)],
  ['getImageRecord', (backend, id, who) => backend.getImageRecord(id, who)],
  ['getImageRecords', async (backend, id, who) => (await backend.getImageRecords([id], who))?.[0]],
];
const helpers: typeof takers = [
  ['customEndpointHelper', (backend, id, who) => backend.customEndpointHelper(id, 1, 'proof', who)],
  ['customEndpointBatchHelper', (backend, _, who) => backend.customEndpointBatchHelper('[]', who)],
];

async function openWithImage(config: BackendConfig = {}) {
  const backend = await openBackend(config);
  const { id } = (await backend.saveImage(coffee, { dir: 'scans' })) as ImageRecord;
  return { backend, id };
}

/** What the backend answers to whoever has the record and is `audience`. */
async function stateFor(backend: Backend, { id, token, statelessProof }: ImageRecord, audience: string | null) {
  return stateOf((await backend.customEndpointHelper(id, token, statelessProof, { audience })) as Uint8Array);
}

describe.each(takers)('%s', (_, take) => {
  it('makes a record that is good for its audience alone', async () => {
    const { backend, id } = await openWithImage();
    const record = (await take(backend, id, { audience: 'anna' })) as ImageRecord;
    expect(await stateFor(backend, record, 'anna')).toBe('Success');
    for (const other of ['boris', null]) expect(await stateFor(backend, record, other)).toBe('InvalidProof');
  });

  it.each([{ audience: null }, {}, undefined])('makes a record for everybody when told %j', async (who) => {
    const { backend, id } = await openWithImage();
    const record = (await take(backend, id, who as AudienceOptions)) as ImageRecord;
    expect(await stateFor(backend, record, null)).toBe('Success');
    expect(await stateFor(backend, record, 'anna')).toBe('InvalidProof');
  });
});

describe.each([...takers, ...helpers])('%s', (_, take) => {
  it.each([undefined, '', 7, ['anna'], { id: 'anna' }, Promise.resolve('anna')])(
    'refuses the audience %j, and leaves everything as it is',
    async (audience) => {
      const { backend, id } = await openWithImage({ now: () => 1_700_000_000_000 }); // or the proof would be another
      const before = backend.getImageRecord(id);
      await failure('AUDIENCE_INVALID', () => take(backend, id, { audience } as AudienceOptions));
      expect(backend.getImageRecord(id)).toEqual(before);
      expect((await backend.stats())?.images).toBe(1);
    },
  );

  it.each([{ audiance: 'anna' }, { audience: 'anna', aud: 1 }, Promise.resolve({ audience: 'anna' })])(
    'refuses the options %j',
    async (options) => {
      const { backend, id } = await openWithImage();
      await failure('CONFIG_INVALID', () => take(backend, id, options as AudienceOptions));
      expect((await backend.stats())?.images).toBe(1);
    },
  );
});

describe('getImageRecord', () => {
  it('refuses a user id in place of options, in every error mode that throws', async () => {
    const { backend, id } = await openWithImage();
    for (const who of ['anna', 7, null]) {
      await failure('CONFIG_INVALID', () => backend.getImageRecord(id, who as unknown as AudienceOptions));
      await failure('CONFIG_INVALID', () => backend.getImageRecords([id], who as unknown as AudienceOptions));
    }
  });

  it('gives no record to a user who is not there, in the default error mode', async () => {
    const { backend, id } = await openWithImage({ errorHandlingMode: 'hybrid' });
    const user: { id: string } | undefined = undefined as { id: string } | undefined;
    expect(backend.getImageRecord(id, { audience: user?.id } as AudienceOptions)).toBeNull();
    expect(await backend.getImageRecords([id], { audience: user?.id } as AudienceOptions)).toBeNull();
  });
});

describe('a handler with an audience', () => {
  const says: Record<string, unknown> = { undefined: undefined, null: null, anna: 'anna', seven: 7, list: ['anna'] };
  const audienceOf = (name: string | null | undefined) => says[name ?? 'undefined'] as string | null | undefined;

  /** What the image, alone and in a batch, is answered to a visitor; through both kinds of handler. */
  async function statesFor(visitor: string, record: ImageRecord, backend: Backend, later: boolean) {
    const answer = <Value>(value: Value) => (later ? Promise.resolve(value) : value);
    const images = createNodeHandler(backend, {
      audience: (request) => answer(audienceOf(request.headers['x-user']?.toString())),
    });
    const fetchImages = createFetchHandler(backend, {
      audience: (request) => answer(audienceOf(request.headers.get('x-user'))),
    });
    const url = `${(await listen((request, response) => images(request, response))).url}/images`;
    const headers = { 'x-user': visitor };
    const { id, token, statelessProof: proof } = record;
    const body = encodeBatchRequest([{ id, token, proof }]);
    const states: (string | undefined)[] = [];
    for (const send of [fetch, (to: string, init: RequestInit) => fetchImages(new Request(to, init))]) {
      const one = await send(imageUrl(url, record), { headers });
      states.push(stateOf(new Uint8Array(await one.arrayBuffer())));
      const batch = await send(url, { method: 'POST', body, headers: { ...headers, 'content-type': 'text/plain' } });
      const answered = new Uint8Array(await batch.arrayBuffer());
      states.push(stateOf(batch.ok && answered.length > 1 ? (framesOf(answered, 1)[0] as Uint8Array) : answered));
    }
    return new Set(states);
  }

  it.each([
    ['undefined', 'InvalidProof', 'InvalidProof'],
    ['null', 'Success', 'InvalidProof'],
    ['anna', 'InvalidProof', 'Success'],
    ['seven', 'InternalError', 'InternalError'],
    ['list', 'InternalError', 'InternalError'],
  ])('that says %s answers a record for everybody with %s, one for anna with %s', async (visitor, open, bound) => {
    const { backend, id } = await openWithImage();
    const [forAll, forAnna] = [null, 'anna'].map((audience) => backend.getImageRecord(id, { audience }) as ImageRecord);
    for (const later of [false, true]) {
      expect(await statesFor(visitor, forAll as ImageRecord, backend, later)).toEqual(new Set([open]));
      expect(await statesFor(visitor, forAnna as ImageRecord, backend, later)).toEqual(new Set([bound]));
    }
  });

  it.each(['audience', 'authorize', 'metrics'])('is not made when its %s is there and undefined', async (name) => {
    const backend = await openBackend();
    for (const create of [createNodeHandler, createFetchHandler]) {
      const options = { [name]: undefined } as HandlerOptions<NodeRequest | Request>;
      const { message } = await failure('CONFIG_INVALID', () => create(backend, options));
      expect(message).toContain(`"${name}"`);
      await failure('CONFIG_INVALID', () => create(backend, { [name]: null } as unknown as object));
      await failure('CONFIG_INVALID', () => create(backend, Promise.resolve({}) as object));
    }
  });
});

describe('a backend whose master key did not arrive', () => {
  it.each([{ masterKey: undefined }, Promise.resolve({ masterKey: 'of a secret store' })])(
    'is not made: %j',
    async (config) => {
      const { readdir } = await import('node:fs/promises');
      const folder = await temporaryFolder();
      const places = { databasePath: `${folder}/db`, imageRootDir: `${folder}/images` };
      const given = config instanceof Promise ? config : { ...places, ...config };
      await failure('CONFIG_INVALID', () => createPixstoreBackend(given as BackendConfig));
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
