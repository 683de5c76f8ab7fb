import { compile, compileModule } from 'svelte/compiler';
import type { Plugin } from 'vite';

/** Compiles Svelte as its own plugin for Vite does, which does not go with our version of TypeScript. */
export const svelte: Plugin = {
  name: 'svelte',
  transform(code, file) {
    if (file.endsWith('.svelte')) return compile(code, { filename: file, generate: 'client' }).js;
    if (file.endsWith('.svelte.js')) return compileModule(code, { filename: file, generate: 'client' }).js;
    return undefined;
  },
};
