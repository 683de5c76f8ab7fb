import { clearImageCache } from 'pixstore/frontend';
import { useCallback, useEffect, useState } from 'react';
import { Gallery } from './gallery.jsx';
import { Login } from './login.jsx';
import { Upload } from './upload.jsx';

/** What the user may see; null when nobody is logged in. */
async function getPhotos() {
  const answer = await fetch('/api/photos');
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.json();
}

export function App() {
  const [photos, setPhotos] = useState(); // undefined: not known yet
  const [failed, setFailed] = useState(false);

  const load = useCallback(async () => {
    setFailed(false);
    await getPhotos().then(setPhotos, () => setFailed(true));
  }, []);
  useEffect(() => void load(), [load]);

  async function logOut() {
    await fetch('/logout', { method: 'POST' });
    setPhotos(null);
    await clearImageCache(); // in all tabs; those that stand open show no picture from now on
  }

  if (failed) {
    return (
      <main className="blank">
        <h1>The server does not answer</h1>
        <button type="button" onClick={load}>
          Try again
        </button>
      </main>
    );
  }
  if (photos === undefined) return <main aria-busy="true" />;
  if (photos === null) return <Login onDone={load} />;

  const { user, albums } = photos;
  return (
    <>
      <header>
        <h1>Photos</h1>
        <span className="soft">
          {user.name}, {user.role}
        </span>
        <button type="button" onClick={logOut}>
          Log out
        </button>
      </header>
      <main>
        <Upload onSaved={load} />
        {albums.map(({ title, records }) => (
          <Gallery key={title} title={title} records={records} />
        ))}
      </main>
    </>
  );
}
