import type { EngineStats } from './engine.js';

/** Writes figures in the text format of Prometheus. */
export function metricsText({ images, bytes, memoryCache, queue, endpoint }: EngineStats): string {
  const { latency, open } = endpoint;
  const seconds = (milliseconds: number) => milliseconds / 1000;
  return [
    gauge('images', 'Images in the store.', images),
    gauge('ciphertext_bytes', 'Bytes of ciphertext in the store.', bytes),
    metric('served_images_total', 'counter', 'Images asked for, by the state they were answered with.', [
      ...Object.entries(endpoint.images).map(([state, count]) => [`{state="${state}"}`, count] as const),
    ]),
    counter('served_bytes_total', 'Bytes of the payloads that were answered.', endpoint.bytes),
    metric('request_seconds', 'summary', 'From the arrival of a request to the end of its answer.', [
      ['{quantile="0.5"}', seconds(latency.p50)],
      ['{quantile="0.9"}', seconds(latency.p90)],
      ['{quantile="0.99"}', seconds(latency.p99)],
      ['_sum', seconds(latency.mean) * endpoint.requests],
      ['_count', endpoint.requests],
    ]),
    gauge('open_answers', 'Answers on their way.', open.answers),
    gauge('open_answer_bytes', 'Bytes in memory for answers on their way.', open.bytes),
    counter('memory_cache_hits_total', 'Images served from memory.', memoryCache.hits),
    counter('memory_cache_misses_total', 'Images read from the store.', memoryCache.misses),
    gauge('memory_cache_bytes', 'Bytes of ciphertext kept in memory.', memoryCache.bytes),
    gauge('queued_images', 'Images being written, or waiting for it.', queue.images),
    gauge('queued_bytes', 'Bytes of those images.', queue.bytes),
  ].join('\n');
}

const gauge = (name: string, help: string, value: number) => metric(name, 'gauge', help, [['', value]]);
const counter = (name: string, help: string, value: number) => metric(name, 'counter', help, [['', value]]);

function metric(name: string, type: string, help: string, values: readonly (readonly [string, number])[]): string {
  const full = `pixstore_${name}`;
  const lines = values.map(([suffix, value]) => `${full}${suffix} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines].join('\n');
}
