import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { within } from '../within.js';
import type { HandlerContext } from './handler.js';
import { type HeaderList, type Reply, textReply } from './reply.js';

export interface PagesOptions {
  /** Rejects when the store does not answer. */
  checkHealth(): Promise<{ status: 'ok' | 'degraded' | 'failed' }>;
  /** The page of metrics; null when there is none. */
  metrics: (() => Promise<string>) | null;
  onError(error: unknown): void;
}

// Whoever watches over the server had better hear that it is down than wait.
const patience = 10_000; // ms

/** What operators look at: health, and figures. */
export function createPages({ checkHealth, metrics, onError }: PagesOptions) {
  interface Page {
    status?: number;
    text: string;
  }

  async function page(write: () => Promise<Page>, headers: HeaderList): Promise<Reply> {
    try {
      const { status = 200, text } = await within(write(), patience, storeTimeout);
      return textReply(status, text, headers);
    } catch (error) {
      onError(error);
      return textReply(503, 'The store does not answer.', headers);
    }
  }

  /** Strangers may ask: what is wrong stands in `backend.health()`. */
  async function writeHealth(): Promise<Page> {
    const { status } = await checkHealth();
    return { status: status === 'failed' ? 503 : 200, text: status };
  }

  /** Figures are for those that the handler lets see them; others learn no more than where there are none. */
  function metricsFor(context: HandlerContext, headers: HeaderList): MaybePromise<Reply> {
    const none = () => textReply(404, 'Not found.', headers);
    if (!metrics) return none();
    const allowed = recover<boolean>(
      () => context.metrics(),
      (error) => {
        onError(error);
        return false;
      },
    );
    return andThen(allowed, (isAllowed) =>
      isAllowed === true ? page(async () => ({ text: await metrics() }), headers) : none(),
    );
  }

  return {
    health: (headers: HeaderList) => page(writeHealth, headers),
    metrics: metricsFor,
  };
}

function storeTimeout(): PixstoreError {
  return new PixstoreError('STORE_TIMEOUT', `The store has not answered for ${patience} ms.`);
}
