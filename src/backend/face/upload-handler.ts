import type { EitherHandler } from '../servers/either-handler.js';
import type { NodeRequest } from '../servers/node-http.js';
import { uploadHandler } from '../servers/upload-handler.js';
import type { RequestInside } from '../serving/handler.js';
import { readUploadOptions, type UploadOptions } from '../serving/uploads/upload-options.js';
import type { Uploads } from '../serving/uploads/uploads.js';
import { alwaysThrowing } from './errors.js';
import { notABackend } from './handlers.js';

/** What upload handlers lead to: a backend. */
export interface HasUploads {
  readonly uploads: Uploads;
}

/**
 * Saves images that are sent to a server of the application's own: raw (`image/*`, `application/octet-stream`) or in a
 * form (`multipart/form-data`) with one file. The same handler is for `(req, res, next?)` of Node, Express and Fastify
 * (with `reply.hijack()`), and for web-standard requests of Hono, Next.js and the like.
 *
 * Answers 201 with the record, or what `onSaved` returns; else `{ code, message }` as `errorResponse` has them, with 400,
 * 403, 405, 408, 409, 413, 415, 422, 5xx. What callbacks throw is handed to `next`, where there is one.
 *
 * The callbacks are given the request that the framework has made, of its own type. Where that has the request in it,
 * `requestOf` says where.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 * @example
 * app.post('/api/photos', createUploadHandler<express.Request>(backend, {
 *   authorize: (req) => req.user !== undefined,
 *   dir: (req) => `user-${req.user.id}`,
 *   onSaved: ({ id }, req) => photos.insert({ imageId: id, owner: req.user.id }),
 * }));
 * @example
 * export const POST = createUploadHandler<Request>(backend, { authorize: isLoggedIn, dir: 'photos' }); // Next.js
 */
export function createUploadHandler<Given>(
  from: HasUploads,
  options: UploadOptions<Given> & RequestInside<Given, NodeRequest | Request>,
): EitherHandler<Given>;
export function createUploadHandler<Given extends NodeRequest | Request = NodeRequest>(
  from: HasUploads,
  options: UploadOptions<Given>,
): EitherHandler<Given>;
// Who calls it knows by one of these what comes in. In here nobody does: `never` can be handed on, and not looked into.
export function createUploadHandler(from: HasUploads, options: UploadOptions<never>): EitherHandler<never> {
  return alwaysThrowing(() => uploadHandler(requireUploads(from), readUploadOptions(options)));
}

function requireUploads(from: unknown): Uploads {
  const uploads = (from as Partial<HasUploads> | null | undefined)?.uploads;
  if (typeof uploads?.receive === 'function') return uploads;
  throw notABackend('createUploadHandler');
}
