import type { ImageRecord } from '../../types/index.js';
import type { FetchDemand } from './demand.js';
import { createEndpoint, type EndpointOptions } from './endpoint.js';
import { type AnyFetcher, createFetch } from './fetch-payload.js';
import type { TimeoutOptions } from './in-time.js';
import { createRequestLine } from './request-line.js';

/** Fetches the payload of a record. */
export type PayloadSource = (record: ImageRecord, context: unknown, demand: FetchDemand) => Promise<Uint8Array>;

/** What payloads are fetched by. */
export interface SourceOptions extends EndpointOptions, TimeoutOptions {}

/** @param fetcher - one of the application's own, in the place of the default endpoint */
export function createPayloadSource(options: SourceOptions, fetcher: AnyFetcher | undefined): PayloadSource {
  const { fetchTimeout } = options;
  if (fetcher) return createFetch(fetcher, fetchTimeout);
  return createRequestLine(createEndpoint(options), fetchTimeout);
}
