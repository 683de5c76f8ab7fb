import { createContext, createElement, type ReactNode } from 'react';
import { defaultFrontend } from '../bindings/default-frontend.js';
import type { ObservingFrontend } from '../frontend/showing/image-view.js';

/** The frontend whose pictures are shown: without a provider the default one of the page. */
export const FrontendContext = /* @__PURE__ */ createContext(defaultFrontend);

export interface PixstoreProviderProps {
  /** What `createPixstoreFrontend` made. Make it once, outside of components. */
  frontend: ObservingFrontend;
  children?: ReactNode;
}

/**
 * Has everything within it show pictures by a frontend of its own. Pages that call `initPixstoreFrontend` need none.
 *
 * @example
 * const frontend = createPixstoreFrontend({ defaultEndpointConnectHost: 'https://img.example.com:443' });
 * createRoot(root).render(<PixstoreProvider frontend={frontend}><Gallery /></PixstoreProvider>);
 */
export function PixstoreProvider({ frontend, children }: PixstoreProviderProps) {
  return createElement(FrontendContext.Provider, { value: frontend }, children);
}
