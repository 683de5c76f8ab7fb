import 'pixstore/element';
import { clearImageCache, initPixstoreFrontend, uploadImage } from 'pixstore/frontend';

const part = (id) => document.getElementById(id);

/** Records of what the user may see; null when nobody is logged in. */
async function getRecords() {
  const answer = await fetch('/api/photos');
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.json();
}

initPixstoreFrontend({
  defaultEndpointConnectHost: 'same-origin',
  defaultEndpointRoute: '/images',
  fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin' }), // with the session's cookie
  // A record is good for seconds. What is loaded later, such as by scrolling, asks whether it still may.
  refreshRecords: async () => (await getRecords()) ?? [],
});

function add(record) {
  const tile = part('tile').content.cloneNode(true);
  const image = tile.querySelector('pixstore-image');
  image.record = record;
  image.setAttribute('alt', `Photo ${part('gallery').children.length + 1}`);
  image.querySelector('button').onclick = () => image.retry();
  part('gallery').append(tile);
  part('empty').hidden = true;
}

/** One of the three, and no other. */
function show(id) {
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== id;
  part('logout').hidden = id !== 'photos';
}

async function start() {
  try {
    const records = await getRecords();
    part('gallery').replaceChildren();
    part('empty').hidden = records?.length !== 0;
    records?.forEach(add);
    show(records ? 'photos' : 'stranger');
  } catch {
    show('failure');
  }
}

part('again').onclick = start;
part('login').onclick = () => fetch('/login', { method: 'POST' }).then(start, () => show('failure'));
part('logout').onclick = async () => {
  await fetch('/logout', { method: 'POST' });
  await clearImageCache(); // in all tabs; those that stand open show no picture from now on
  await start();
};

part('files').onchange = async ({ target }) => {
  const files = [...target.files];
  target.value = ''; // so that the same file can be chosen again
  part('problem').textContent = '';
  part('progress').hidden = false;
  const onProgress = ({ loaded, total }) => (part('progress').value = loaded / total);
  for (const file of files) {
    try {
      add(await uploadImage(file, { url: '/api/photos', onProgress }));
    } catch (error) {
      part('problem').textContent = `${file.name}: ${error.message}`; // such as that it is no image, or too large
    }
  }
  part('progress').hidden = true;
};

start();
