import { connect } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore, type ImageStore, type OpenedPart } from '../../../src/backend/index.js';
import { createFrameDecoder, encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { masterKey } from '../../support/backend.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { withMorePixels } from '../../support/small-picture.js';
import { ask, askState, save, start } from './support/default-instance.js';

const entryOf = ({ id, token, statelessProof }: ImageRecord) => ({ id, token, proof: statelessProof });

async function askMany(url: string, records: readonly ImageRecord[], headers: Record<string, string> = {}) {
  const body = encodeBatchRequest(records.map(entryOf));
  const response = await fetch(url, { method: 'POST', body, headers });
  const payloads = createFrameDecoder()(new Uint8Array(await response.arrayBuffer()));
  return { status: response.status, states: payloads.map(stateOf) };
}

/** Asks for an image and never reads the answer, until the test ends or it hangs up. */
async function askWithoutReading(port: number, { id, token, statelessProof }: ImageRecord) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const target = `/pixstore-image/${id}?proof=${statelessProof}&token=${token}`;
  await new Promise<void>((resolve) => {
    socket.write(`GET ${target} HTTP/1.1\r\nHost: images.test\r\n\r\n`, () => resolve());
  });
  socket.pause();
  return { hangUp: () => socket.destroy() };
}

describe('a rate limit', () => {
  it('counts the images that each client asks for, in batches too', async () => {
    const limiter = new RateLimiterMemory({ points: 5, duration: 600 });
    const clientOf = (request: { headers: NodeJS.Dict<unknown> }) => String(request.headers['x-real-ip']);
    const { url } = await start({ rateLimit: { limiter, clientOf } });
    const record = await save();
    const from = (client: string) => ({ 'x-real-ip': client });
    const single = async (client: string) => stateOf((await ask(url, record, { headers: from(client) })).payload);
    expect(await single('a')).toBe('Success');
    expect(await askMany(url, Array(4).fill(record), from('a'))).toEqual({
      status: 200,
      states: Array(4).fill('Success'),
    });
    expect(await single('a')).toBe('RateLimited');
    expect((await askMany(url, [record, record], from('a'))).states).toEqual(['RateLimited', 'RateLimited']);
    expect(await single('b')).toBe('Success');
  });

  it('goes by the address when nothing else is said', async () => {
    const asked: string[] = [];
    const limiter = { consume: async (client: string) => void asked.push(client) };
    const { url } = await start({ rateLimit: { limiter } });
    expect(await askState(url, await save())).toBe('Success');
    expect(asked).toEqual(['127.0.0.1']);
  });

  describe('whose limiter fails', () => {
    const failing = { consume: () => Promise.reject(new TypeError('redis://user:password@host is down')) };
    function withLog() {
      const lines: string[] = [];
      const logger = { info: () => {}, warn: () => {}, error: (line: string) => void lines.push(line) };
      return { lines, logger };
    }

    it('answers images as when there is no room, and says in the log what failed, once', async () => {
      const { lines, logger } = withLog();
      const { url } = await start({ rateLimit: { limiter: failing }, logger });
      const record = await save();
      for (let round = 0; round < 3; round += 1) expect(await askState(url, record)).toBe('RateLimited');
      expect(await askMany(url, [record, record])).toEqual({ status: 200, states: ['RateLimited', 'RateLimited'] });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/RATE_LIMITER_FAILED: The limiter of rateLimit failed \(TypeError\)\./);
    });

    it('serves them where it was told to, and says so, too', async () => {
      const { lines, logger } = withLog();
      const { url } = await start({ rateLimit: { limiter: failing, onError: 'open' }, logger });
      const record = await save();
      expect(await askState(url, record)).toBe('Success');
      expect((await askMany(url, [record])).states).toEqual(['Success']);
      expect(lines).toHaveLength(1);
    });

    it('or never answers is not waited for', async () => {
      const { lines, logger } = withLog();
      const rateLimit = { limiter: { consume: () => new Promise(() => {}) } };
      const { url, backend } = await start({ rateLimit, logger, defaultEndpointTimeouts: { checks: 20 } });
      expect(await askState(url, await save())).toBe('RateLimited');
      expect(lines).toHaveLength(1);
      expect((await backend.stats())?.endpoint.open).toEqual({ answers: 0, bytes: 0 });
    });

    it('must be told one of the two', async () => {
      const rateLimit = { limiter: failing, onError: 'sometimes' as 'open' };
      await expect(start({ rateLimit })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    });
  });
});

describe('a store that hangs', () => {
  it('holds up those alone whose pictures are not in memory', async () => {
    const store = createMemoryStore();
    const arrivals: (() => void)[] = [];
    const open: ImageStore['open'] = (id, variant, options) =>
      id.endsWith('cold')
        ? new Promise<OpenedPart | null>((resolve) => arrivals.push(() => resolve(null)))
        : store.open(id, variant, options);
    const { backend, url } = await start({ store: { ...store, open }, masterKey, maxConcurrentAnswers: 100 });
    const hot = await save();
    await backend.saveImage(photo('cat.png'), { id: 'cold' });
    const cold = backend.getImageRecord('cold') as ImageRecord;
    expect(await askState(url, hot)).toBe('Success');
    const waiting = Array.from({ length: 150 }, () => askState(url, cold));
    await expect.poll(() => arrivals.length).toBe(75);
    await expect.poll(async () => (await backend.stats())?.endpoint.images.RateLimited).toBe(75);
    for (let round = 0; round < 10; round += 1) expect(await askState(url, hot)).toBe('Success');
    for (const arrive of arrivals) arrive();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['RateLimited', 'NotFound']));
  });
});

describe('answers on their way', () => {
  it('are bounded: what comes above is told so, and served when there is room again', async () => {
    const { backend, port, url } = await start({ maxConcurrentAnswers: 1 });
    const large = await backend.saveImage(withMorePixels(photo('cat.png'), Buffer.alloc(20_000_000)));
    const small = await save();
    const slow = await askWithoutReading(port, large as ImageRecord);
    const openAnswers = async () => (await backend.stats())?.endpoint.open.answers;
    await expect.poll(openAnswers).toBe(1);
    expect(await askState(url, small)).toBe('RateLimited');
    const { status, headers } = await fetch(url, { method: 'POST', body: encodeBatchRequest([small]) });
    expect(status).toBe(503);
    const readable = [headers.get('retry-after'), headers.get('access-control-expose-headers')];
    expect(readable, 'pages of other origins can read when to come back').toEqual(['1', 'Retry-After']);
    slow.hangUp();
    await expect.poll(openAnswers).toBe(0);
    expect(await askState(url, small)).toBe('Success');
  });
});

describe('health and figures', () => {
  it('health is good as long as the store answers', async () => {
    const { health: _, ...store } = createMemoryStore();
    let fails = false;
    const usage = () => {
      if (fails) throw new Error('gone');
      return store.usage();
    };
    const { url } = await start({ store: { ...store, usage }, masterKey });
    const health = await fetch(`${url}/-/health`);
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
    fails = true;
    expect((await fetch(`${url}/-/health`)).status).toBe(503);
  });

  it('metrics are there when asked for, in the format of Prometheus, and name no image', async () => {
    const { url } = await start({ metrics: true });
    const record = await save();
    await askState(url, record);
    await askState(url, { ...record, statelessProof: 'made up' });
    const text = await (await fetch(`${url}/-/metrics`)).text();
    for (const line of [
      'pixstore_images 1',
      'pixstore_served_images_total{state="Success"} 1',
      'pixstore_served_images_total{state="InvalidProof"} 1',
      'pixstore_request_seconds_count 2',
      'pixstore_open_answers 0',
      'pixstore_memory_cache_misses_total 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(
      text.split('\n').filter((line) => line && !/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]+"\})? \S+)$/.test(line)),
    ).toEqual([]);
    expect(text).not.toContain(record.id);
  });

  it('there are none unless asked for', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/-/metrics`)).status).toBe(404);
  });
});

describe('an image that fails when its answer has begun', () => {
  it('ends the answer there, and the log says why', async () => {
    const lines: string[] = [];
    const logger = { info: () => {}, warn: () => {}, error: (line: string) => void lines.push(line) };
    const store = createMemoryStore();
    const opening = {
      ...store,
      async open(id: string) {
        const part = await store.open(id);
        return (
          part && {
            ...part,
            async *chunks() {
              yield new Uint8Array(1_000);
              throw new TypeError('the disk is gone');
            },
          }
        );
      },
    };
    const { backend, url } = await start({ store: opening, masterKey, logger });
    const large = await backend.saveImage(withMorePixels(photo('cat.png'), Buffer.alloc(2_000_000)));
    await expect(ask(url, large as ImageRecord)).rejects.toThrow();
    await expect.poll(() => lines).toEqual(['[pixstore] an image request failed: TypeError']);
    expect((await backend.stats())?.endpoint.open).toEqual({ answers: 0, bytes: 0 });
  });
});
