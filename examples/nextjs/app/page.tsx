import { cookies } from 'next/headers';
import { userOf } from '../lib/login';
import { backend } from '../lib/pixstore';
import { LogIn } from './log-in';
import { LogOut } from './log-out';
import { Photos } from './photos';
import { Upload } from './upload';

export default async function Page() {
  const audience = userOf(await cookies());
  if (!audience) return <LogIn />;
  const ids: string[] = [];
  for await (const { id } of backend.listImages({ dir: `user-${audience}`, limit: 50 })) ids.push(id);
  const records = await backend.getImageRecords(ids, { audience });
  return (
    <>
      <header>
        <h1>Photos</h1>
        <LogOut />
      </header>
      <main>
        <Upload />
        <Photos records={records.filter((record) => record !== null)} />
      </main>
    </>
  );
}
