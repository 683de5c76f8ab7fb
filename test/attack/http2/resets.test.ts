import { constants } from 'node:http2';
import { describe, expect, test, vi } from 'vitest';
import type { Victim } from '../victim/start-victim.mjs';
import { largePhoto, patience, route, targetOf } from '../victim/with-victim.js';
import { ask, expectNothingHeld, openSession, withHttp2 } from './client.js';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;
const batchOf = (images: readonly unknown[]) => JSON.stringify({ version: 1, images });

async function expectOpen(victim: Victim, answers: number): Promise<void> {
  await vi.waitFor(async () => expect((await victim.open()).answers).toBe(answers), {
    timeout: patience,
    interval: 10,
  });
}

describe('streams that are reset while the application is asked who they are', () => {
  const kinds = [
    ['GET', NGHTTP2_CANCEL],
    ['GET', NGHTTP2_NO_ERROR],
    ['HEAD', NGHTTP2_CANCEL],
    ['HEAD', NGHTTP2_NO_ERROR],
    ['POST', NGHTTP2_CANCEL],
    ['POST', NGHTTP2_NO_ERROR],
  ] as const;

  test.each(kinds)('1,000 %s by strangers, reset saying %i', async (method, code) => {
    const { victim, record, target } = await withHttp2();
    await victim.holdChecks();
    const body = method === 'POST' ? batchOf([{ id: record.id, proof: 'none' }]) : undefined;
    const to = method === 'POST' ? route : `${route}/${record.id}?proof=none`;
    for (let round = 0; round < 10; round += 1) {
      const session = await openSession(victim.port);
      const streams = Array.from({ length: 100 }, () => ask(session, to, method, body));
      await vi.waitFor(async () => expect((await victim.open()).answers).toBeGreaterThan(0), { timeout: patience });
      for (const stream of streams) stream.close(code);
      await expectOpen(victim, 0);
      session.destroy();
    }
    await victim.letChecksGo();
    await expectNothingHeld(`1,000 ${method} reset saying ${code} while they are checked`, victim, target, 1_000);
  });

  test.each(['GET', 'HEAD', 'POST'])('%s on sessions that are destroyed', async (method) => {
    const { victim, record, target } = await withHttp2();
    await victim.holdChecks();
    const body = method === 'POST' ? batchOf([{ id: record.id, proof: record.statelessProof }]) : undefined;
    const to = method === 'POST' ? route : target;
    for (let round = 0; round < 10; round += 1) {
      const session = await openSession(victim.port);
      for (let stream = 0; stream < 50; stream += 1) ask(session, to, method, body);
      await vi.waitFor(async () => expect((await victim.open()).answers).toBe(50), { timeout: patience });
      if (round % 2) session.destroy();
      else session.cutOff();
      await expectOpen(victim, 0);
    }
    await victim.letChecksGo();
    await expectNothingHeld(`${method} on sessions destroyed while they are checked`, victim, target, 500);
  });
});

describe('answers that are broken off on their way', () => {
  test.each([NGHTTP2_CANCEL, NGHTTP2_NO_ERROR])(
    'by a reset saying %i: small and large ones, and batches',
    async (code) => {
      // Nothing may be sent, so that all of them are on their way when they are reset.
      const { victim, record, target } = await withHttp2();
      const large = await victim.save(largePhoto(5), { id: 'large' });
      const medium = await victim.save(largePhoto(0.86), { id: 'medium' });
      const entries = [record, large, medium].map(({ id, token, statelessProof: proof }) => ({ id, token, proof }));
      const session = await openSession(victim.port, { settings: { initialWindowSize: 0 } });
      for (let round = 0; round < 10; round += 1) {
        const streams = [target, targetOf(large), targetOf(medium)].map((to) => ask(session, to));
        streams.push(ask(session, target, 'HEAD'), ask(session, route, 'POST', batchOf(entries)));
        // An answer to HEAD has nothing that could be held back.
        await expectOpen(victim, 4);
        expect((await victim.open()).bytes).toBeGreaterThan(900_000);
        for (const stream of streams) stream.close(code);
        await expectOpen(victim, 0);
      }
      session.destroy();
      await expectNothingHeld(`answers reset saying ${code} on their way`, victim, target, 50);
    },
  );

  test('by sessions that are destroyed, or whose connection is', async () => {
    const { victim, record, target } = await withHttp2();
    const large = await victim.save(largePhoto(5), { id: 'large' });
    const entries = Array(20).fill({ id: large.id, token: large.token, proof: large.statelessProof });
    for (let round = 0; round < 10; round += 1) {
      const session = await openSession(victim.port);
      const streams = [ask(session, targetOf(large)), ask(session, route, 'POST', batchOf([record, ...entries]))];
      await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('response', resolve))));
      if (round % 2) session.destroy();
      else session.cutOff();
      await expectOpen(victim, 0);
    }
    await expectNothingHeld('sessions destroyed in the middle of answers', victim, target, 20);
  });

  test('not by a GOAWAY: what was asked before it is answered', async () => {
    const { victim, target, pictureBytes } = await withHttp2();
    await victim.holdChecks();
    const session = await openSession(victim.port);
    const streams = Array.from({ length: 10 }, () => ask(session, target));
    await expectOpen(victim, 10);
    session.goaway();
    session.close();
    await victim.letChecksGo();
    const lengths = await Promise.all(
      streams.map(async (stream) => {
        let length = 0;
        for await (const chunk of stream) length += chunk.length;
        return length;
      }),
    );
    expect(lengths).toEqual(Array(10).fill(1 + pictureBytes));
    await expectNothingHeld('GOAWAY while they are checked', victim, target, 10);
  });
});
