import { performance } from 'node:perf_hooks';
import { imageIdOf, isImageId, variantOf } from '../../shared/protocol/image-id.js';
import type { PartRecord } from '../../stores/port.js';
import { createAnswerSlots } from './answer-slots.js';
import type { OnServed } from './authorised-answers.js';
import type { Endpoint } from './endpoint.js';
import type { EndpointRequest, HandlerContext } from './handler.js';
import type { LoadLimits } from './load-limit.js';
import { type ByteRange, isNamedIn, rangeOf } from './ranges.js';
import { createRateLimit, type RateLimitSettings } from './rate-limit.js';
import { busyReply, type HeaderList, nothingHeld, type Reply, textReply } from './reply.js';
import { createServingCounters } from './serving-stats.js';
import { readTarget } from './target.js';

/** A picture, decrypted. */
interface Picture {
  bytes: Uint8Array;
  mimeType: string;
  token: number;
}

export interface PicturesOptions {
  record(id: string, variant: string | undefined): Promise<Pick<PartRecord, 'token' | 'size'> | null>;
  read(id: string, variant: string | undefined): Promise<Picture | null>;
  loadLimits: LoadLimits;
  rateLimit: RateLimitSettings | undefined;
  onServed: OnServed;
  onError(error: unknown): void;
}

/** What a handler leads to: from a request to a reply. */
export type Answers = Pick<Endpoint, 'handle' | 'report'>;

// Whoever shows it may neither keep it, nor take it for a page, nor let other sites draw it.
const common: HeaderList = [
  ...['Cache-Control', 'private, no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "default-src 'none'; sandbox"],
  ...['Cross-Origin-Resource-Policy', 'same-site'],
];

/** Decrypted pictures, for whoever the application lets in. Nothing of the protocol with browsers is needed for them. */
export function createPictures({ record, read, loadLimits, rateLimit, onServed, onError }: PicturesOptions): Answers {
  const slots = createAnswerSlots(loadLimits, createServingCounters());
  const mayAsk = createRateLimit(rateLimit, onError);

  async function answer(request: EndpointRequest, context: HandlerContext): Promise<Reply> {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      return textReply(405, 'Use GET for a picture.', [...common, 'Allow', 'GET, HEAD']);
    }
    const target = readTarget(request.target, context.route);
    if (target?.kind !== 'image' || !isImageId(target.id)) return notFound();
    const [id, variant] = [imageIdOf(target.id), variantOf(target.id)];
    const client = context.client?.();
    if (!(await mayAsk(client, 1, context.timeouts.checks))) {
      return textReply(429, 'Too many requests. Try again soon.', [...common, 'Retry-After', '1']);
    }
    if ((await context.authorize?.(id, variant)) !== true) {
      onServed({ id: target.id }, 0, 0, { state: 'InvalidProof' });
      return textReply(403, 'You may not see this.', common);
    }
    const found = await record(id, variant);
    if (!found) return notFound();
    const begun = performance.now();
    // What whoever asks has already is not decrypted for it.
    if (isNamedIn(request.header('if-none-match'), etagOf(found))) {
      onServed({ id: target.id }, performance.now() - begun, 0, { state: 'Decrypted' });
      return { status: 304, headers: headersOf(found), body: [], sending: nothingHeld };
    }
    const slot = slots.take(request, context, client);
    // While it is decrypted, it is there twice.
    if (!slot?.hold(2 * found.size)) {
      slot?.release();
      return busyReply(common);
    }
    try {
      const picture = await read(id, variant);
      if (picture) {
        onServed({ id: target.id }, performance.now() - begun, picture.bytes.length, { state: 'Decrypted' });
        return pictureReply(request, picture, slot.sending());
      }
      slot.release(); // it was deleted meanwhile
      return notFound();
    } catch (error) {
      slot.release();
      onServed({ id: target.id }, performance.now() - begun, 0, { error });
      throw error;
    }
  }

  return {
    async handle(request, context) {
      try {
        return await answer(request, context);
      } catch (error) {
        onError(error);
        return textReply(500, 'The picture could not be answered.', common);
      }
    },
    report: onError,
  };
}

/** It names bytes: see "token" in ARCHITECTURE.md. */
const etagOf = ({ token }: { token: number }): string => `"${token}"`;

const headersOf = (picture: { token: number }): HeaderList => [
  ...[...common, 'ETag', etagOf(picture)],
  ...['Accept-Ranges', 'bytes'],
];

function pictureReply(request: EndpointRequest, picture: Picture, sending: Reply['sending']): Reply {
  const { bytes, mimeType } = picture;
  const headers = headersOf(picture);
  const etag = etagOf(picture);
  const isSame = (request.header('if-range') ?? etag) === etag;
  const range = isSame ? rangeOf(request.header('range'), bytes.length) : 'whole';
  if (range === 'none') {
    sending.done();
    const nothing = ['Content-Range', `bytes */${bytes.length}`, 'Content-Length', '0'];
    return { status: 416, headers: [...headers, ...nothing], body: [], sending: nothingHeld };
  }
  const { from, to }: ByteRange = range === 'whole' ? { from: 0, to: bytes.length } : range;
  return {
    status: range === 'whole' ? 200 : 206,
    headers: [
      ...[...headers, 'Content-Type', mimeType, 'Content-Length', String(to - from)],
      ...(range === 'whole' ? [] : ['Content-Range', `bytes ${from}-${to - 1}/${bytes.length}`]),
    ],
    body: [bytes.subarray(from, to)],
    sending,
  };
}

const notFound = () => textReply(404, 'There is no such picture.', common);
