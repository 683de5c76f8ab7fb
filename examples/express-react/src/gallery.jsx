import { placeholderUrl } from 'pixstore/frontend';
import { PixstoreImage } from 'pixstore/react';

export function Gallery({ title, records }) {
  return (
    <section>
      <div className="head">
        <h2>{title}</h2>
      </div>
      {records.length === 0 && <p className="blank soft">No photos yet.</p>}
      <ul className="gallery">
        {records.map((record, index) => (
          <li key={record.id} className="tile">
            <PixstoreImage
              record={record}
              alt={`${title}, ${index + 1}`} // what is to be seen on it is in your database
              className="picture"
              fit="cover"
              placeholder={placeholderUrl(record)}
            >
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
    </section>
  );
}
