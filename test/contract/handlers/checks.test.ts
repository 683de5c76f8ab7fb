import { describe, expect, it } from 'vitest';
import {
  createFetchHandler,
  createNodeHandler,
  type HandlerOptions,
  type PixstoreBackend,
} from '../../../src/backend/index.js';
import { encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const handlers: [name: string, open: (backend: PixstoreBackend, options: HandlerOptions<unknown>) => Promise<Ask>][] = [
  [
    'createNodeHandler',
    async (backend, options) => {
      const { url } = await listen(createNodeHandler(backend, options));
      return (path, init) => fetch(`${url}${path}`, init);
    },
  ],
  [
    'createFetchHandler',
    async (backend, options) => {
      const images = createFetchHandler(backend, options);
      return (path, init) => images(new Request(`http://clinic.example${path}`, init));
    },
  ],
];

describe.each(handlers)('%s', (_, open) => {
  it('asks the application about ids of images alone', async () => {
    const asked: string[] = [];
    const backend = await openBackend();
    const { id } = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
    const authorize = (_: unknown, imageId: string) => {
      asked.push(imageId);
      return true;
    };
    const ask = await open(backend, { authorize });
    const none = [
      '..',
      '%2e%2e%2fpasswd',
      "'; drop table images",
      'a b',
      '__proto__.x y',
      'a'.repeat(600),
      'x:y:z',
      'é',
    ];
    for (const text of none) await (await ask(`/${encodeURIComponent(text)}?proof=none`)).arrayBuffer();
    const entries = [...none, '', 7, null, undefined, {}, [id], { toString: id }, true].map((text) => ({ id: text }));
    await (await ask('/', { method: 'POST', body: encodeBatchRequest(entries as never) })).arrayBuffer();
    expect(asked).toEqual([]);
    await (await ask(`/${id}?proof=none`)).arrayBuffer();
    await (await ask('/', { method: 'POST', body: encodeBatchRequest([{ id }]) })).arrayBuffer();
    expect(asked).toEqual([id, id]);
  });

  describe('with figures', () => {
    const statusAt = async (options: HandlerOptions<unknown>, metrics = true) => {
      const ask = await open(await openBackend({ metrics }), options);
      expect((await ask('/-/health')).status).toBe(200);
      return (await ask('/-/metrics')).status;
    };

    it('shows them where it has no checks of its own', async () => {
      expect(await statusAt({})).toBe(200);
    });

    it.each<[string, HandlerOptions<unknown>]>([
      ['authorize', { authorize: () => false }],
      ['authorize that lets everybody in', { authorize: () => true }],
      ['audience', { audience: () => undefined }],
      ['metrics that says no', { metrics: () => false }],
      ['metrics that says no later', { metrics: async () => false }],
      ['metrics that says something else', { metrics: () => 'yes' as never }],
      [
        'metrics that throws',
        {
          metrics() {
            throw new Error('no session');
          },
        },
      ],
      ['metrics that never answers', { metrics: () => new Promise(() => {}), timeouts: { checks: 20 } }],
    ])('shows them to nobody past %s', async (_, options) => {
      expect(await statusAt(options)).toBe(404);
    });

    it('shows them to those whom the application names', async () => {
      expect(await statusAt({ authorize: () => false, metrics: async () => true })).toBe(200);
    });

    it('has none where there are none', async () => {
      expect(await statusAt({ metrics: () => true }, false)).toBe(404);
    });
  });
});
