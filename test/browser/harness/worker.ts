// One script for every kind of worker: gets a configuration and a record through a port, answers with what it saw.
import { createPixstoreFrontend, type FrontendConfig, type ImageRecord } from 'pixstore/frontend';

interface Task {
  config: FrontendConfig;
  record: ImageRecord;
}

async function work({ config, record }: Task): Promise<{ type: string; bytes: number; sources: string[] }> {
  const sources: string[] = [];
  const onImageLoad = ({ source }: { source: string }) => sources.push(source);
  const first = createPixstoreFrontend({ ...config, errorHandlingMode: 'throw', onImageLoad });
  const image = await first.getImage(record);
  await first.getImage(record);
  return { type: image?.type ?? '', bytes: image?.size ?? 0, sources };
}

function serve(port: MessagePort): void {
  port.onmessage = ({ data }: MessageEvent<Task>) => {
    work(data).then(
      (result) => port.postMessage(result),
      (error: unknown) => port.postMessage({ error: String(error) }),
    );
  };
}

// A SharedWorker is connected to; the others are sent a port.
addEventListener('connect', (event) => serve((event as MessageEvent).ports[0] as MessagePort));
addEventListener('message', (event) => serve(event.ports[0] as MessagePort));
