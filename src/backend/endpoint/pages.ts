import { type HeaderList, type Reply, textReply } from './reply.js';

export interface PagesOptions {
  /** Rejects when the store does not answer. */
  checkHealth(): Promise<unknown>;
  /** The page of metrics; null when there is none. */
  metrics: (() => Promise<string>) | null;
  onError(error: unknown): void;
}

/** What operators look at: health, and figures. */
export function createPages({ checkHealth, metrics, onError }: PagesOptions) {
  async function page(write: () => Promise<string>, headers: HeaderList): Promise<Reply> {
    try {
      return textReply(200, await write(), headers);
    } catch (error) {
      onError(error);
      return textReply(503, 'The store does not answer.', headers);
    }
  }

  return {
    health: (headers: HeaderList) => page(async () => checkHealth().then(() => 'ok'), headers),
    metrics: (headers: HeaderList) => (metrics ? page(metrics, headers) : textReply(404, 'Not found.', headers)),
  };
}
