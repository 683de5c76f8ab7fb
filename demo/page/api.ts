import type { ImageRecord } from 'pixstore/types';
import type { ErrorAnswer, GalleryAnswer, Picture, RotationAnswer, StoredAnswer } from '../answers.js';
import { network } from './network.js';

/** What the server refused, or `SERVER_UNREACHABLE` when it did not answer at all. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The gallery's own API. Pictures come from it as records; their bytes come by way of pixstore. */
export const api = {
  gallery: () => getJson<GalleryAnswer>('/api/images'),
  picture: (id: string) => getJson<Picture>(pathOf(id)),
  stored: (id: string) => getJson<StoredAnswer>(`${pathOf(id)}/stored`),
  /** Fresh records for proofs that have expired. */
  records: async (ids: readonly string[]): Promise<ImageRecord[]> => {
    const headers = { 'Content-Type': 'application/json' };
    return (await request('/api/records', { method: 'POST', headers, body: JSON.stringify({ ids }) })).json();
  },
  add: (file: File, onProgress: ProgressListener) => send('POST', '/api/images', file, onProgress),
  replace: (id: string, file: File, onProgress: ProgressListener) => send('PUT', pathOf(id), file, onProgress),

  async remove(id: string): Promise<void> {
    await request(pathOf(id), { method: 'DELETE' });
  },

  async expireProofs(): Promise<void> {
    await request('/api/what-if/expire-proofs', { method: 'POST' });
  },
  rotateMasterKey: async (): Promise<RotationAnswer> =>
    (await request('/api/what-if/rotate-master-key', { method: 'POST' })).json(),
};

/** Is told the share of the file that was sent, from 0 to 1. */
type ProgressListener = (share: number) => void;

function pathOf(id: string): string {
  return `/api/images/${encodeURIComponent(id)}`;
}

async function getJson<Answer>(path: string): Promise<Answer> {
  return (await request(path)).json();
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  const response = await network.fetch(path, init).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw refusal(await response.text());
  return response;
}

/** Sends a file as the raw body of a request. By XMLHttpRequest, since `fetch` does not tell how far an upload is. */
function send(method: string, path: string, file: File, onProgress: ProgressListener): Promise<Picture> {
  return new Promise((resolve, reject) => {
    if (network.isDown) return reject(unreachable());
    const upload = new XMLHttpRequest();
    upload.open(method, `${path}?name=${encodeURIComponent(file.name)}`);
    upload.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    upload.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 1);
    upload.onerror = () => reject(unreachable());
    upload.onload = () => {
      if (upload.status >= 400) reject(refusal(upload.responseText));
      else resolve(JSON.parse(upload.responseText));
    };
    upload.send(file);
  });
}

function refusal(body: string): ApiError {
  try {
    const { code, message }: ErrorAnswer = JSON.parse(body);
    return new ApiError(code, message);
  } catch {
    return new ApiError('SERVER_FAILED', 'The server failed.');
  }
}

function unreachable(): ApiError {
  const text = network.isDown
    ? 'The network is gone: the button below the figures brings it back.'
    : 'The demo’s server does not answer. Is “npm run demo” still running?';
  return new ApiError('SERVER_UNREACHABLE', text);
}
