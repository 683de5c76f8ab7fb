// The page of the Express example: its custom fetcher proves who is logged in with the JWT that it gets as context.
import { getImage, type ImageFetcher, type ImageRecord, initPixstoreFrontend } from 'pixstore/frontend';
import { type SeenImage, show } from './seen-image.js';

interface Session {
  jwt: string;
}

const authorization = (jwt: string) => ({ Authorization: `Bearer ${jwt}` });

const fetchAsUser: ImageFetcher<Session> = async ({ id, token, statelessProof }, session) => {
  const response = await fetch(`/api/images/${encodeURIComponent(id)}`, {
    headers: {
      ...authorization(session?.jwt ?? ''),
      'x-pixstore-token': String(token),
      'x-pixstore-proof': statelessProof,
    },
  });
  if (!response.ok) throw new Error(`The clinic answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
};

initPixstoreFrontend({ errorHandlingMode: 'throw' }, fetchAsUser);

declare global {
  var clinic: typeof page;
}

const page = {
  /** Asks the API for the record: its answer, or its status when it refuses. */
  async record(id: string, jwt: string): Promise<ImageRecord | number> {
    const response = await fetch(`/api/scans/${encodeURIComponent(id)}`, { headers: authorization(jwt) });
    return response.ok ? response.json() : response.status;
  },

  async show(record: ImageRecord, jwt: string): Promise<SeenImage | string> {
    try {
      return await show(await getImage(record, { jwt }));
    } catch (error) {
      const { cause } = error as Error;
      return `${error} ${cause}`;
    }
  },
};

globalThis.clinic = page;
