import { requireArrived } from '../../shared/call-options.js';
import { type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { isFunction, isRoute, type OptionRule, readOptions } from '../../shared/options.js';

/** What an application says of a door that it mounts. */
export interface DoorOptions<Request> {
  /**
   * Where it is mounted, such as `/images`; other paths are not answered. Default: any path, of which the last part is
   * the id of an image.
   */
  route?: string | undefined;
  /**
   * Your own check, before the proof is looked at: may whoever sent this request see this image? Unless it says true,
   * the image is answered as with a wrong proof. In a batch it is asked for every image.
   */
  authorize?: (request: Request, imageId: string) => MaybePromise<boolean>;
  /**
   * Who asks: the id of a user or a session, the same that `getImageRecord(id, { audience })` was given. When it says
   * undefined, nobody is there and no proof is good. When it says null, proofs are good that were made for everybody:
   * mind that `headers.get()` says null where there is no such header.
   */
  audience?: (request: Request) => MaybePromise<string | null | undefined>;
  /** What the rate limit counts by. Default: the address of the connection, where the door knows it. */
  clientOf?: ((request: Request) => string | undefined) | undefined;
}

/** A request as every door hands it in. Nothing of it is trusted. */
export interface EndpointRequest {
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** @param name - in lower case */
  header(name: string): string | undefined;
  /**
   * The body as text.
   *
   * @throws PixstoreError `BATCH_TOO_LARGE` when it has more bytes
   */
  text(limit: number): Promise<string>;
}

/** A door as the endpoint sees it, for one request. */
export interface Door {
  route?: string | undefined;
  authorize?: ((imageId: string) => MaybePromise<boolean>) | undefined;
  audience?: (() => MaybePromise<string | null | undefined>) | undefined;
  /** Undefined: nobody is counted. */
  client?: (() => string | undefined) | undefined;
}

const rules: Record<keyof DoorOptions<unknown>, OptionRule> = {
  route: [isRoute],
  authorize: [isFunction],
  audience: [isFunction],
  clientOf: [isFunction],
};

/** @throws PixstoreError `CONFIG_INVALID`, naming the option */
export function readDoorOptions<Request>(given: unknown, name: string): DoorOptions<Request> {
  requireArrived(given, ['authorize', 'audience'], name);
  return readOptions<DoorOptions<Request>>(given, rules, name);
}

/**
 * @param addressOf - the address of the connection; left out where a door does not know it
 * @param onThrown - told what the application's own checks throw
 */
export function openDoor<Request>(
  { route, authorize, audience, clientOf }: DoorOptions<Request>,
  request: Request,
  addressOf?: (request: Request) => string,
  onThrown: (error: unknown) => void = () => {},
): Door {
  const client = clientOf ?? addressOf;
  const rethrow = (error: unknown) => {
    onThrown(error);
    throw error;
  };
  return {
    route,
    authorize: authorize && ((imageId) => recover(() => authorize(request, imageId), rethrow)),
    audience: audience && (() => recover(() => audience(request), rethrow)),
    client: client && (() => client(request)),
  };
}
