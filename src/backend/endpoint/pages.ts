import { type HeaderList, type Reply, textReply } from './reply.js';

export interface PagesOptions {
  /** Rejects when the store does not answer. */
  checkHealth(): Promise<{ status: 'ok' | 'degraded' | 'failed' }>;
  /** The page of metrics; null when there is none. */
  metrics: (() => Promise<string>) | null;
  onError(error: unknown): void;
}

/** What operators look at: health, and figures. */
export function createPages({ checkHealth, metrics, onError }: PagesOptions) {
  /** Strangers may ask: what is wrong stands in `backend.health()`. */
  async function health(headers: HeaderList): Promise<Reply> {
    try {
      const { status } = await checkHealth();
      return textReply(status === 'failed' ? 503 : 200, status, headers);
    } catch (error) {
      onError(error);
      return textReply(503, 'The store does not answer.', headers);
    }
  }

  async function page(write: () => Promise<string>, headers: HeaderList): Promise<Reply> {
    try {
      return textReply(200, await write(), headers);
    } catch (error) {
      onError(error);
      return textReply(503, 'The store does not answer.', headers);
    }
  }

  return {
    health,
    metrics: (headers: HeaderList) => (metrics ? page(metrics, headers) : textReply(404, 'Not found.', headers)),
  };
}
