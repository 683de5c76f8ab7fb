import { createServer, request as forward } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { type Listening, listen } from './listen.js';

/**
 * Stands between browser and endpoint as a slow line does: answers go over it one after the other, in small pieces.
 *
 * @param bytesPerSecond - of all answers together
 */
export async function slowLine(endpointPort: number, bytesPerSecond: number): Promise<Listening> {
  const beat = 20; // ms from one piece to the next
  const pieceLength = Math.round((bytesPerSecond * beat) / 1000);
  let line = Promise.resolve();
  return listen(
    createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      const upstream = forward(
        { port: endpointPort, host: '127.0.0.1', method, path: url, headers },
        async (answer) => {
          const body = await buffer(answer);
          line = line.then(async () => {
            response.writeHead(answer.statusCode ?? 500, answer.headers);
            for (let at = 0; at < body.length && !response.destroyed; at += pieceLength) {
              response.write(body.subarray(at, at + pieceLength));
              await pause(beat);
            }
            response.end();
          });
        },
      );
      upstream.on('error', () => response.destroy());
      request.pipe(upstream);
    }),
  );
}
