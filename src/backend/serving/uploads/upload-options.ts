import { kindOf, requireArrived } from '../../../shared/call-options.js';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { type MaybePromise, recover } from '../../../shared/maybe-promise.js';
import {
  assertOption,
  isFunction,
  isText,
  isWholeNumber,
  must,
  type OptionRule,
  readOptions,
} from '../../../shared/options.js';
import type { ImageRecord } from '../../../types/index.js';
import type { SaveOptions } from '../../images/ids.js';
import { within } from '../../within.js';
import { checkTimeout, orRethrow, type RequestInside, requireClient } from '../handler.js';
import { createPace, type Pace } from '../pace.js';
import { type HandlerTimeouts, isHandlerTimeouts, withDefaultTimeouts } from '../timeouts.js';

/**
 * What an application says of a handler for uploads. Its callbacks are given the very object that the handler was called
 * with, with whatever the framework and its middleware have put there.
 */
export interface UploadOptions<Request> {
  /**
   * May whoever sent this request save an image? Asked before anything of the body is read. Unless it says true, the
   * answer is 403. Who sends forms from other sites is kept away here, too, where a cookie says who asks.
   */
  authorize: (request: Request) => MaybePromise<boolean>;
  /** The folder of new images, or what says it; null for none. Undefined is refused. */
  dir: ForRequest<Request>;
  /** An id of your own for the new image, or what says it; null for a random one. Default: random. */
  id?: ForRequest<Request>;
  /**
   * The user or session that the record is for, or what says it: the same function as a handler of images has. Null for
   * everybody; undefined is refused. Default: everybody.
   */
  audience?: ForRequest<Request, string | null | undefined>;
  /**
   * Told of an image when it is durable. What it returns is answered as JSON instead of the record. When it fails, the
   * image is deleted again, so that there is none that you do not know of.
   */
  onSaved?: ((record: ImageRecord, request: Request) => unknown) | undefined;
  /**
   * Who shares what unfinished uploads may take up: where there are too many, the client with the most loses one. Default:
   * the address of the connection, where the handler knows it; behind a proxy, say what it says.
   */
  clientOf?: ((request: Request) => string | undefined) | undefined;
  /** Largest image, in bytes. Default, and at most: `maxImageBytes` of the backend. */
  maxImageBytes?: number | undefined;
  /** The name of the file's field in forms. Default: any. */
  field?: string | undefined;
  /**
   * How long things may take, in ms: `body` a whole upload (default: 300,000), `checks` each callback before it (10,000),
   * `slow` a client that sends less than 4 KiB a second (30,000).
   */
  timeouts?: Partial<HandlerTimeouts> | undefined;
}

/** The same for every request, or what each says. */
type ForRequest<Request, Said = string | null> = string | null | ((request: Request) => MaybePromise<Said>);

/** What a handler says of one upload. */
export interface UploadContext {
  authorize(): MaybePromise<unknown>;
  where(): Promise<SaveOptions>;
  onSaved(record: ImageRecord): Promise<unknown>;
  client(): string | undefined;
  maxImageBytes: number;
  field: string | undefined;
  timeouts: HandlerTimeouts;
  pace: Pace;
}

const isTextOrSays = must(
  'a string, null, or a function of the request',
  (value) => value === null || typeof value === 'string' || typeof value === 'function',
);

const rules: Record<keyof (UploadOptions<unknown> & RequestInside<unknown, unknown>), OptionRule> = {
  authorize: [isFunction],
  dir: [isTextOrSays],
  id: [isTextOrSays, null],
  audience: [isTextOrSays, null],
  onSaved: [isFunction],
  clientOf: [isFunction],
  maxImageBytes: [isWholeNumber(1)],
  field: [isText],
  timeouts: [isHandlerTimeouts],
  requestOf: [isFunction, (given: unknown) => given],
};

// As long as a server of Node waits for a whole request.
const bodyPatience = 300_000; // ms

/** Options of an upload handler, as they are once they were read. */
export type ReadUploadOptions<Given, Request> = UploadOptions<Given> &
  Required<Pick<UploadOptions<Given>, 'id' | 'audience'>> &
  RequestInside<Given, Request>;

/** @throws PixstoreError `CONFIG_INVALID`, naming the option */
export function readUploadOptions<Given, Request>(given: unknown): ReadUploadOptions<Given, Request> {
  requireArrived(given, ['authorize', 'dir', 'id', 'audience'], 'createUploadHandler');
  const options = readOptions<ReadUploadOptions<Given, Request>>(given, rules, 'createUploadHandler');
  assertOption('authorize', isFunction(options.authorize));
  assertOption('dir', isTextOrSays(options.dir));
  return options;
}

/**
 * Says of each request what its handler was told.
 *
 * @param addressOf - the address of the connection; undefined where the handler does not know it
 */
export function createUploadContexts<Given>(
  options: ReadUploadOptions<Given, unknown>,
  addressOf: (request: Given) => string | undefined,
) {
  const { authorize, dir, id, audience, onSaved, maxImageBytes = Infinity, field } = options;
  const clientOf = options.clientOf ?? addressOf;
  const timeouts = withDefaultTimeouts({ body: bodyPatience, ...options.timeouts });
  const pace = createPace(timeouts.slow);
  const inTime = <Value>(value: MaybePromise<Value>) => within(value, timeouts.checks, checkTimeout);

  /** @param onThrown - told what the application's own callbacks throw */
  return (request: Given, onThrown: (error: unknown) => void = () => {}): UploadContext => {
    const rethrow = (error: unknown): never => {
      onThrown(error);
      throw error;
    };

    async function say(name: string, option: ForRequest<Given, unknown>): Promise<string | null> {
      if (typeof option !== 'function') return option;
      const said: unknown = await recover(() => inTime(option(request)), rethrow);
      if (said === null || typeof said === 'string') return said;
      throw new PixstoreError(
        'CONFIG_INVALID',
        `The option "${name}" of createUploadHandler must say a string or null; it said ${kindOf(said)}.`,
      );
    }

    return {
      authorize: () => recover(() => inTime(authorize(request)), rethrow),
      async where() {
        const [saidDir, saidId, saidAudience] = [
          await say('dir', dir),
          await say('id', id),
          await say('audience', audience),
        ];
        return {
          ...(saidDir !== null && { dir: saidDir }),
          ...(saidId !== null && { id: saidId }),
          audience: saidAudience,
        };
      },
      onSaved: async (record) => recover(async () => onSaved?.(record, request), rethrow),
      client: () => orRethrow(() => requireClient(clientOf(request)), rethrow),
      maxImageBytes,
      field,
      timeouts,
      pace,
    };
  };
}
