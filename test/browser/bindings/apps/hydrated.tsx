import { PixstoreProvider } from 'pixstore/react';
import { StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { pageHelpers } from '../../harness/page.js';
import { Page, type PageProps } from './page-of-server.js';

declare global {
  var hydrate: (props: PageProps) => void;
  /** What React found wrong with what the server drew. */
  var complaints: string[];
}

globalThis.helpers = pageHelpers;
globalThis.complaints = [];
for (const level of ['error', 'warn'] as const) {
  console[level] = (...told: unknown[]) => globalThis.complaints.push(told.join(' '));
}

globalThis.hydrate = (props) => {
  hydrateRoot(
    document.getElementById('root') as HTMLElement,
    <StrictMode>
      <PixstoreProvider frontend={globalThis.frontend}>
        <Page {...props} />
      </PixstoreProvider>
    </StrictMode>,
    { onRecoverableError: (error) => globalThis.complaints.push(String(error)) },
  );
};
