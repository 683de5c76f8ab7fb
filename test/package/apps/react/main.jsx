import { initPixstoreFrontend, observeImage, uploadImage } from 'pixstore/frontend';
import { StrictMode, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';

initPixstoreFrontend({
  defaultEndpointConnectHost: 'same-origin',
  defaultEndpointRoute: '/images',
  fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin' }), // the images' route asks who is logged in
});

function Photo({ record }) {
  const { subscribe, getSnapshot } = useMemo(() => observeImage(record), [record]);
  const { url, error } = useSyncExternalStore(subscribe, getSnapshot);
  return error ? <p role="alert">{error.code}</p> : <img alt={record.id} src={url} />;
}

function Gallery() {
  const [records, setRecords] = useState([]);
  const [sent, setSent] = useState(0);
  const [error, setError] = useState();
  useEffect(() => {
    fetch('/api/photos').then(async (answer) => setRecords(await answer.json()));
  }, []);

  async function send({ target }) {
    try {
      const onProgress = ({ loaded, total }) => setSent(loaded / total);
      const record = await uploadImage(target.files[0], { url: '/api/photos', onProgress });
      setRecords((before) => [...before, record]);
    } catch (failure) {
      setError(failure.code);
    }
  }

  return (
    <>
      <input type="file" onChange={send} />
      <progress value={sent} />
      {error && <p role="alert">{error}</p>}
      {records.map((record) => (
        <Photo key={record.id} record={record} />
      ))}
    </>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Gallery />
  </StrictMode>,
);
