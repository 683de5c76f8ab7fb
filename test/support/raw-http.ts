import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the server closed without an answer. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * Sends bytes as they are, which `fetch` and `node:http` would refuse or tidy up, and reads until the server closes.
 *
 * @param hangUp - close our side after sending: ends what the server would wait for
 */
export function sendRaw(port: number, bytes: Uint8Array | string, hangUp = false): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      if (hangUp) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // a reset is an answer too; 'close' follows
    socket.on('close', () => resolve(parse(Buffer.concat(chunks))));
  });
}

/** A request with a path exactly as written, on a connection of its own. */
export function sendRequest(port: number, method: string, target: string, headers: string[] = []): Promise<RawAnswer> {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: images.test', 'Connection: close', ...headers];
  return sendRaw(port, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
}

function parse(bytes: Buffer): RawAnswer {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return { status: 0, headers: {}, body: bytes };
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: bytes.subarray(headEnd + 4),
  };
}
