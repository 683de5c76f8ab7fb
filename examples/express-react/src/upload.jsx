import { uploadImage } from 'pixstore/frontend';
import { useState } from 'react';

export function Upload({ onSaved }) {
  const [sending, setSending] = useState(null); // { name, share }, from 0 to 1
  const [problem, setProblem] = useState('');

  async function send({ target }) {
    const files = [...target.files];
    target.value = ''; // so that the same file can be chosen again
    setProblem('');
    for (const file of files) {
      setSending({ name: file.name, share: 0 });
      const onProgress = ({ loaded, total }) => setSending({ name: file.name, share: loaded / total });
      try {
        await uploadImage(file, { url: '/api/photos', onProgress });
        onSaved();
      } catch (error) {
        setProblem(`${file.name}: ${error.message}`); // such as that it is no image, or too large
      }
    }
    setSending(null);
  }

  return (
    <div className="head">
      <label className="add">
        Add photos
        <input type="file" accept="image/jpeg,image/png,image/webp" multiple onChange={send} />
      </label>
      {sending && (
        <>
          <span className="soft">{sending.name}</span>
          <progress aria-label={`Sending ${sending.name}`} value={sending.share} />
        </>
      )}
      <p role="alert" className="bad">
        {problem}
      </p>
    </div>
  );
}
