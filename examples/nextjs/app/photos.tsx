'use client';
import { initPixstoreFrontend } from 'pixstore/frontend';
import { PixstoreImage } from 'pixstore/react';
import type { ImageRecord } from 'pixstore/types';

initPixstoreFrontend({
  defaultEndpointConnectHost: 'same-origin',
  defaultEndpointRoute: '/images',
  fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin' }), // with the cookie
  refreshRecords: async (ids) => {
    const answer = await fetch(`/api/photos?${new URLSearchParams(ids.map((id) => ['id', id]))}`);
    return answer.ok ? answer.json() : []; // nobody is logged in any more
  },
});

export function Photos({ records }: { records: ImageRecord[] }) {
  if (records.length === 0) return <p className="blank soft">No photos yet.</p>;
  return (
    <ul className="gallery">
      {records.map((record, index) => (
        <li key={record.id} className="tile">
          <PixstoreImage record={record} alt={`Photo ${index + 1}`} className="picture" fit="cover">
            {({ error, retry }) =>
              error && (
                <div className="trouble">
                  This photo did not load.
                  <button type="button" onClick={retry}>
                    Try again
                  </button>
                </div>
              )
            }
          </PixstoreImage>
        </li>
      ))}
    </ul>
  );
}
