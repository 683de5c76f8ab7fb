'use client';
import { useRouter } from 'next/navigation';
import { uploadImage } from 'pixstore/frontend';
import { type ChangeEvent, useState } from 'react';

export function Upload() {
  const router = useRouter();
  const [sending, setSending] = useState<{ name: string; share: number } | null>(null); // from 0 to 1
  const [problem, setProblem] = useState('');

  async function send({ target }: ChangeEvent<HTMLInputElement>) {
    const files = [...(target.files ?? [])];
    target.value = ''; // so that the same file can be chosen again
    setProblem('');
    for (const file of files) {
      const { name } = file;
      setSending({ name, share: 0 });
      try {
        await uploadImage(file, {
          url: '/api/photos',
          onProgress: ({ loaded, total }) => setSending({ name, share: loaded / total }),
        });
        router.refresh(); // has the page of the server make records again
      } catch (error) {
        setProblem(`${name}: ${(error as Error).message}`); // such as that it is no image, or too large
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
