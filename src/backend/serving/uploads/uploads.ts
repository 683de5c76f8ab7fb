import { errorResponse } from '../../../shared/errors/error-response.js';
import type { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../../types/index.js';
import type { SaveOptions } from '../../images/ids.js';
import type { EndpointRequest } from '../handler.js';
import { readBody } from '../read-body.js';
import { createReadingLimit, type Reading, type ReadingLimits } from '../reading-limit.js';
import { nothingHeld, type Reply } from '../reply.js';
import { fileInForm, maxFormOverhead } from './form.js';
import {
  uploadCrowdedOut,
  uploadFailures,
  uploadForbidden,
  uploadMethodRefused,
  uploadTooLarge,
  uploadTooSlow,
  uploadTypeRefused,
} from './upload-errors.js';
import type { UploadContext } from './upload-options.js';

export interface UploadsOptions {
  /** Keeps a new image; throws in every error mode. */
  save(image: Uint8Array, where: SaveOptions): Promise<ImageRecord>;
  remove(id: string): Promise<unknown>;
  /** Of the backend: no handler takes larger ones. */
  maxImageBytes: number;
  /** Bytes of uploads that may be held, from the first that arrives until the image is saved. */
  maxHeldBytes: number;
  /** Told of what fails inside; the client learns no more than that it did. */
  onError(error: unknown): void;
}

/** What is behind all upload handlers of a backend: from a request to what is sent back, over no transport in particular. */
export interface Uploads {
  /** Never rejects, whatever is sent. */
  receive(request: EndpointRequest, context: UploadContext): Promise<Reply>;
  /** Uploads that are arriving or being saved, and what of them is in memory. */
  load(): Readonly<ReadingLimits>;
  /** To be told of what fails while a reply is sent. */
  report(error: unknown): void;
}

const maxBodies = 1_000;

export function createUploads(options: UploadsOptions): Uploads {
  const { save, remove, onError } = options;
  const readingLimit = createReadingLimit({ bodies: maxBodies, bytes: options.maxHeldBytes });

  async function receive(request: EndpointRequest, context: UploadContext): Promise<Reply> {
    try {
      return jsonReply(201, await take(request, context));
    } catch (error) {
      const { status, ...body } = errorResponse(error);
      if (status >= 500 && body.code !== 'UPLOAD_CROWDED_OUT') onError(error);
      return jsonReply(status, JSON.stringify(body), extraHeaders[status]);
    }
  }

  /** @returns the body of the answer */
  async function take(request: EndpointRequest, context: UploadContext): Promise<string> {
    if (request.method !== 'POST') throw uploadMethodRefused();
    if ((await context.authorize()) !== true) throw uploadForbidden();
    const isForm = readType(request) === 'form';
    const limit = Math.min(context.maxImageBytes, options.maxImageBytes);
    const where = await context.where();
    const client = context.client() ?? '';

    let reading: Reading | undefined;
    const begin = (giveUp: (failure: PixstoreError) => void) => {
      const counted = readingLimit.begin(client, () => giveUp(uploadCrowdedOut()));
      const paced = context.pace.watch(request, () => giveUp(uploadTooSlow()));
      reading = counted;
      return {
        add(bytes: number) {
          counted.add(bytes);
          paced.took(bytes);
        },
        end() {
          counted.keep();
          paced.stop();
        },
      };
    };
    try {
      const body = await readBody(request, {
        limit: isForm ? limit + maxFormOverhead : limit,
        patience: context.timeouts.body,
        begin,
        failures: uploadFailures(limit),
      });
      const image = isForm ? fileInForm(body, request.header('content-type') ?? '', context.field) : body;
      if (image.length > limit) throw uploadTooLarge(limit);
      return await keep(image, where, context);
    } finally {
      reading?.end();
    }
  }

  /** An image that the application could not take note of is removed again. */
  async function keep(image: Uint8Array, where: SaveOptions, context: UploadContext): Promise<string> {
    const record = await save(image, where);
    try {
      return JSON.stringify((await context.onSaved(record)) ?? record);
    } catch (error) {
      await remove(record.id).catch(onError);
      throw error;
    }
  }

  return { receive, load: readingLimit.load, report: onError };
}

/** @throws PixstoreError `UPLOAD_TYPE_REFUSED` */
function readType(request: EndpointRequest): 'form' | 'raw' {
  const encoding = request.header('content-encoding')?.trim().toLowerCase();
  if (encoding && encoding !== 'identity') throw uploadTypeRefused('it is not to be compressed again');
  const [type = ''] = (request.header('content-type') ?? '').split(';');
  const name = type.trim().toLowerCase();
  if (name === 'multipart/form-data') return 'form';
  if (name === 'application/octet-stream' || name.startsWith('image/')) return 'raw';
  throw uploadTypeRefused(name === '' ? 'no content type was named' : 'another content type was named');
}

const extraHeaders: Readonly<Record<number, readonly string[]>> = {
  405: ['Allow', 'POST'],
  503: ['Retry-After', '1'],
};

const always = ['Content-Type', 'application/json', 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];

function jsonReply(status: number, json: string, extra: readonly string[] = []): Reply {
  const body = Buffer.from(json);
  const headers = [...always, 'Content-Length', String(body.length), ...extra];
  return { status, headers, body: [body], sending: nothingHeld };
}
