import { imageIdOf, isImageId, variantOf } from '../../shared/protocol/image-id.js';
import type { PartRecord } from '../../stores/port.js';
import { createAnswerSlots } from './answer-slots.js';
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
export function createPictures({ record, read, loadLimits, rateLimit, onError }: PicturesOptions): Answers {
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
    if ((await context.authorize?.(id, variant)) !== true) return textReply(403, 'You may not see this.', common);
    const found = await record(id, variant);
    if (!found) return notFound();
    const slot = slots.take(request, context, client);
    // While it is decrypted, it is there twice.
    if (!slot?.hold(2 * found.size)) {
      slot?.release();
      return busyReply(common);
    }
    try {
      const picture = await read(id, variant);
      if (picture) return pictureReply(request, picture, slot.sending());
      slot.release(); // it was deleted meanwhile
      return notFound();
    } catch (error) {
      slot.release();
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

function pictureReply(request: EndpointRequest, { bytes, mimeType, token }: Picture, sending: Reply['sending']): Reply {
  const etag = `"${token}"`; // it names bytes: see "token" in ARCHITECTURE.md
  const headers = [...common, 'ETag', etag, 'Accept-Ranges', 'bytes'];
  const none = (status: number, more: HeaderList): Reply => {
    sending.done();
    return { status, headers: [...headers, ...more], body: [], sending: nothingHeld };
  };
  if (isNamedIn(request.header('if-none-match'), etag)) return none(304, []);
  const isSame = (request.header('if-range') ?? etag) === etag;
  const range = isSame ? rangeOf(request.header('range'), bytes.length) : 'whole';
  if (range === 'none') return none(416, ['Content-Range', `bytes */${bytes.length}`, 'Content-Length', '0']);
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
