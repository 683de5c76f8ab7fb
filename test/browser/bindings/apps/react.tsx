import { type ImageState, PixstoreImage, PixstoreProvider } from 'pixstore/react';
import { StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { note, root, type Tile } from './gallery.js';

const Retry = ({ error, retry }: ImageState) =>
  error && (
    <button type="button" onClick={retry}>
      Try again
    </button>
  );

function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return tiles.map((tile) => {
    const { key, canRetry, ...props } = tile;
    return (
      <PixstoreImage key={key} {...props} onLoad={(event) => note(event, tile)} onError={(event) => note(event, tile)}>
        {canRetry ? Retry : undefined}
      </PixstoreImage>
    );
  });
}

let drawn: Root | undefined;

globalThis.gallery = {
  show(tiles) {
    drawn ??= createRoot(root());
    drawn.render(
      <StrictMode>
        <PixstoreProvider frontend={globalThis.frontend}>
          <Tiles tiles={tiles} />
        </PixstoreProvider>
      </StrictMode>,
    );
  },
};
