import { type InjectionKey, inject, type Plugin } from 'vue';
import { defaultFrontend } from '../bindings/default-frontend.js';
import type { ObservingFrontend } from '../frontend/showing/image-view.js';

const frontendKey: InjectionKey<ObservingFrontend> = /* @__PURE__ */ Symbol('pixstore');

/** The frontend whose pictures are shown: without the plugin the default one of the page. */
export const useFrontend = (): ObservingFrontend => inject(frontendKey, defaultFrontend);

/**
 * Has an app show pictures by a frontend of its own. Pages that call `initPixstoreFrontend` need none.
 *
 * @example
 * createApp(App).use(pixstoreVue, { frontend: createPixstoreFrontend(config) }).mount('#app');
 */
export const pixstoreVue: Plugin<[{ frontend: ObservingFrontend }]> = {
  install(app, { frontend }) {
    app.provide(frontendKey, frontend);
  },
};
