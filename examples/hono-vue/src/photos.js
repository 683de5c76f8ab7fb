import { initPixstoreFrontend } from 'pixstore/frontend';

/** Records of what the user may see; null when nobody is logged in. */
export async function getRecords() {
  const answer = await fetch('/api/photos');
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.json();
}

initPixstoreFrontend({
  defaultEndpointConnectHost: 'same-origin',
  defaultEndpointRoute: '/images',
  fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin' }), // with the cookie
  // A record is good for seconds. What is loaded later, such as by scrolling, asks whether it still may.
  refreshRecords: async () => (await getRecords()) ?? [],
});
