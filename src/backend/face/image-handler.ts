import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type EitherHandler, eitherHandler } from '../servers/either-handler.js';
import { fetchHandler } from '../servers/fetch-handler.js';
import { nodeHandler } from '../servers/node-handler.js';
import type { NodeRequest } from '../servers/node-http.js';
import { type HandlerOptions, type RequestInside, readHandlerOptions } from '../serving/handler.js';
import type { Answers } from '../serving/pictures.js';
import { alwaysThrowing } from './errors.js';
import { notABackend } from './handlers.js';

/** What a picture handler leads to: a backend or an engine. */
export interface HasPictures {
  readonly pictures: Answers;
}

/** What an application says of a handler of decrypted pictures. Whom it lets in is all that stands before them. */
export interface ImageHandlerOptions<Request>
  extends Pick<HandlerOptions<Request>, 'route' | 'clientOf' | 'timeouts'>,
    Required<Pick<HandlerOptions<Request>, 'authorize'>> {}

/**
 * Serves images **decrypted**, to whoever `authorize` lets in: for pages without a script, server rendering, mails and
 * downloads. Everything is in the hands of TLS and of your check; nothing is mounted unless you do so. The last part of
 * the path is the id, or that of a variant (`id.variant`).
 *
 * It answers GET and HEAD, with `Cache-Control: private, no-store`, an ETag and ranges; 403 unless `authorize` says true,
 * 404 when there is no such image.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 * @example
 * const pictures = createImageHandler<express.Request>(backend, {
 *   authorize: (req, id) => id.startsWith(`user-${req.session.userId}:`),
 * });
 * app.get('/pictures/:id', pictures);
 * @example
 * // app/pictures/[id]/route.ts of Next.js
 * export const GET = createImageHandler<Request>(backend, { authorize: async () => (await auth()) !== null });
 */
export function createImageHandler<Given>(
  from: HasPictures,
  options: ImageHandlerOptions<Given> & RequestInside<Given, NodeRequest | Request>,
): EitherHandler<Given>;
export function createImageHandler<Given extends NodeRequest | Request = NodeRequest | Request>(
  from: HasPictures,
  options: ImageHandlerOptions<Given>,
): EitherHandler<Given>;
// As for `createNodeHandler`: in here nobody knows what comes in.
export function createImageHandler(
  from: HasPictures,
  options: ImageHandlerOptions<never> & Partial<RequestInside<never, unknown>>,
): EitherHandler<never> {
  return alwaysThrowing(() => {
    const pictures = requirePictures(from);
    requireCheck(options);
    const read = readHandlerOptions<never, never>(options, 'createImageHandler');
    return eitherHandler<never>(nodeHandler(pictures, read), fetchHandler(pictures, read));
  });
}

function requirePictures(from: HasPictures): Answers {
  const pictures = (from as Partial<HasPictures> | undefined)?.pictures;
  if (typeof pictures?.handle === 'function') return pictures;
  throw notABackend('createImageHandler');
}

function requireCheck(options: unknown): void {
  const { authorize, ...others } = (options ?? {}) as Record<string, unknown>;
  if (typeof authorize !== 'function') {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'Function createImageHandler needs the option "authorize", a function: it alone says who may see a picture.',
    );
  }
  const odd = ['audience', 'metrics'].find((name) => name in others);
  if (odd === undefined) return;
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The option "${odd}" means nothing to createImageHandler, which needs no proof. Say who may see a picture by "authorize".`,
  );
}
