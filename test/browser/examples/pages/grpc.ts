// The page of the gRPC example: its fetcher is that of docs/transports.md, over gRPC-Web and over Connect's own protocol.
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { createPixstoreFrontend, type ImageFetcher, type ImageRecord } from 'pixstore/frontend';
// @ts-expect-error the test bundles that block of the document
import { fetchByGrpc } from './fetch-by-grpc.js';
import { type SeenImage, show } from './seen-image.js';

const transports = { grpcWeb: createGrpcWebTransport, connect: createConnectTransport };

declare global {
  var grpc: typeof page;
}

function frontendOver(over: keyof typeof transports) {
  const fetcher: ImageFetcher<{ jwt: string }> = fetchByGrpc(transports[over]({ baseUrl: location.origin }));
  return createPixstoreFrontend({ errorHandlingMode: 'throw', frontendDbName: over, fetchRetries: 0 }, fetcher);
}

const page = {
  async showAll(over: keyof typeof transports, records: ImageRecord[], jwt: string): Promise<SeenImage[]> {
    const frontend = frontendOver(over);
    return Promise.all(records.map(async (record) => show(await frontend.getImage(record, { jwt }))));
  },

  failure: (over: keyof typeof transports, record: ImageRecord, jwt: string): Promise<string> =>
    frontendOver(over)
      .getImage(record, { jwt })
      .then(
        () => 'shown',
        ({ code, cause }) => [code, cause?.rawMessage].filter(Boolean).join(': '),
      ),
};

globalThis.grpc = page;
