import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { DescFile } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Type } from '@bufbuild/protobuf/wkt';
import type { ConnectRouter, Transport } from '@connectrpc/connect';
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node';
import { expect, onTestFinished, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/index.js';
import { createPixstoreFrontend, type ImageFetcher } from '../../../src/frontend/index.js';
import { openBackend } from '../../support/backend.js';
import { importBlocks } from '../../support/code-blocks.js';
import { ownOptions } from '../../support/options.js';
import { photo } from '../../support/photos.js';
import { codeBlocksOf, readDocument } from '../../unit/docs/markdown.js';

interface Recipe {
  file_images: DescFile;
  imageRoutes(
    backend: PixstoreBackend,
    userOf: (headers: Headers) => string | undefined,
  ): (router: ConnectRouter) => void;
  fetchByGrpc(transport: Transport): ImageFetcher<{ jwt: string }>;
}

const { file_images, imageRoutes, fetchByGrpc } = await importBlocks<Recipe>('docs/transports.md', 'images_pb');

/** A server of gRPC over HTTP/2, and a client in Node. Whoever is named in place of a token is logged in. */
async function start() {
  const backend = await openBackend(await ownOptions());
  const userOf = (headers: Headers) => /^Bearer (ann|bob)$/.exec(headers.get('authorization') ?? '')?.[1];
  const server = createServer(connectNodeAdapter({ routes: imageRoutes(backend, userOf) }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}`, idleConnectionTimeoutMs: 1000 });
  const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw', fetchRetries: 0 }, fetchByGrpc(transport));
  onTestFinished(() => {
    frontend.close();
    server.close();
  });
  return { backend, frontend };
}

test('pictures come over gRPC, many at a time', async () => {
  const { backend, frontend } = await start();
  const photos = ['cat.png', 'coffee.webp', 'rocket.jpg'].map(photo);
  const records = await Promise.all(photos.map((bytes) => backend.saveImage(bytes, { audience: 'ann' })));
  const images = await frontend.getImages(records, { jwt: 'ann' });
  const bytes = await Promise.all(images.map(async (image) => Buffer.from(await (image ?? new Blob()).arrayBuffer())));
  expect(bytes.map((each, at) => photos[at]?.equals(each))).toEqual([true, true, true]);
});

test('who is not logged in, or is somebody else, gets nothing', async () => {
  const { backend, frontend } = await start();
  const record = await backend.saveImage(photo('cat.png'), { audience: 'ann' });
  if (!record) throw new Error('It was not saved.');
  await expect(frontend.getImage(record, { jwt: 'nobody' })).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    cause: expect.objectContaining({ rawMessage: 'Log in first.' }),
  });
  await expect(frontend.getImage(record, { jwt: 'bob' })).rejects.toMatchObject({ code: 'PROOF_INVALID' });
});

test('an old record shows the picture that was put in its place', async () => {
  const { backend, frontend } = await start();
  const record = await backend.saveImage(photo('cat.png'), { audience: 'ann' });
  if (!record) throw new Error('It was not saved.');
  await backend.updateImage(record.id, photo('coffee.webp'));
  const image = await frontend.getImage(record, { jwt: 'ann' });
  expect(image?.type).toBe('image/webp');
});

test('the descriptor in docs/transports.md is that of the service above it', () => {
  const proto =
    codeBlocksOf(readDocument('docs/transports.md')).find(({ language }) => language === 'proto')?.code ?? '';
  const names = new Map<FieldDescriptorProto_Type, string>([
    [FieldDescriptorProto_Type.STRING, 'string'],
    [FieldDescriptorProto_Type.UINT64, 'uint64'],
    [FieldDescriptorProto_Type.BYTES, 'bytes'],
  ]);
  const messages = file_images.proto.messageType.map(({ name, field }) => {
    const fields = field.map((each) => `  ${names.get(each.type)} ${each.name} = ${each.number};\n`);
    return `message ${name} {\n${fields.join('')}}\n`;
  });
  const [service] = file_images.services;
  const [method] = service?.methods ?? [];
  expect(proto).toBe(
    `// images.proto\nsyntax = "proto3";\npackage ${file_images.proto.package};\n\n` +
      `service ${service?.name} {\n  rpc ${method?.name}(${method?.input.name}) returns (${method?.output.name});\n}\n\n` +
      messages.join('\n'),
  );
});
