import { getImageUrl, initPixstoreFrontend, uploadImage } from 'pixstore/frontend';

// Wherever the application is mounted: everything lies beside the page.
initPixstoreFrontend({
  defaultEndpointConnectHost: 'same-origin',
  defaultEndpointRoute: new URL('images', location.href).pathname,
  errorHandlingMode: 'throw',
});

async function show(record) {
  const img = document.createElement('img');
  document.querySelector('main').append(img);
  img.src = (await getImageUrl(record)).url;
}

document.querySelector('input').onchange = async ({ target }) => {
  try {
    await show(await uploadImage(target.files[0], { url: 'api/photos' }));
  } catch (error) {
    document.querySelector('p').textContent = error.code;
  }
};

for (const record of await (await fetch('api/photos')).json()) show(record);
