import type { IncomingMessage, ServerResponse } from 'node:http';

const allowedMethods = 'GET, HEAD, OPTIONS';
const allowedHeaders = 'x-pixstore-proof, x-pixstore-token';
const preflightMaxAge = 86_400; // s; browsers cap it as they like

/** Sets the headers that let pages of the allowed origins read the answer. */
export function setCorsHeaders(request: IncomingMessage, response: ServerResponse, allowed: string | string[]): void {
  const origins = [allowed].flat();
  if (origins.includes('*')) {
    response.setHeader('Access-Control-Allow-Origin', '*');
    return;
  }
  const [only] = origins;
  if (origins.length === 1 && only) {
    response.setHeader('Access-Control-Allow-Origin', only);
    return;
  }
  // The answer depends on who asks, and caches must know.
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin && origins.includes(origin)) response.setHeader('Access-Control-Allow-Origin', origin);
}

export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    Allow: allowedMethods,
    'Access-Control-Allow-Methods': allowedMethods,
    'Access-Control-Allow-Headers': allowedHeaders,
    'Access-Control-Max-Age': String(preflightMaxAge),
  });
  response.end();
}

export function refuseMethod(response: ServerResponse): void {
  sendText(response, 405, 'Use GET.', { Allow: allowedMethods });
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${text}\n`);
}
