import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { expect, test } from 'vitest';
import { compileScript, parse } from 'vue/compiler-sfc';
import { smallPicture } from '../../support/small-picture.js';
import { codeBlocksOf, readDocument } from '../../unit/docs/markdown.js';
import { urlsLeft } from '../harness/urls.js';
import { endpointOf, eventually, useWorld } from '../harness/world.js';
import { look, newTab } from './look.js';
import { serveAppOfTest } from './serve-app.js';
import { svelte } from './svelte-plugin.js';

// What docs/bindings.md shows, as it stands there, in an app that Vite built.
const world = useWorld();

const blocks = codeBlocksOf(readDocument('docs/bindings.md'));
const blockWith = (text: string) => blocks.find(({ code }) => code.includes(text))?.code ?? expect.fail(text);

/** What mounts a block, given `photos`. */
const apps = {
  'Gallery.tsx': `import { createElement } from 'react'; import { createRoot } from 'react-dom/client';
    import { Gallery } from './Gallery.tsx';
    const draw = (photos) => createRoot(document.body).render(createElement(Gallery, { photos }));`,
  'Avatar.tsx': `import { createElement, Fragment } from 'react'; import { createRoot } from 'react-dom/client';
    import { Avatar } from './Avatar.tsx';
    const draw = (photos) => createRoot(document.body).render(createElement(Fragment, null,
      ...photos.map(({ title, record }) => createElement(Avatar, { name: title, record }))));`,
  'Gallery.vue': `import { createApp } from 'vue'; import Gallery from './Gallery.vue';
    const draw = (photos) => createApp(Gallery, { photos }).mount(document.body);`,
  'Gallery.svelte': `import { mount } from 'svelte'; import Gallery from './Gallery.svelte';
    const draw = (photos) => mount(Gallery, { target: document.body, props: { photos } });`,
  'pixstore/element': `import { show } from './pixstore/element.ts'; const draw = show;`,
};

test.each(Object.entries(apps))('%s', async (name, mount) => {
  const entry = `import { clearImageCache, initPixstoreFrontend } from 'pixstore/frontend'; ${mount}
    globalThis.start = (config, photos) => { initPixstoreFrontend(config); draw(photos); };
    globalThis.logOut = clearImageCache;`;
  const file = name.includes('.') ? name : `${name}.ts`;
  const site = await serveAppOfTest('documented.js', {
    plugins: [virtual({ 'documented.js': entry, [file]: blockWith(name) }), vue, svelte],
  });
  const tab = await newTab(world);
  await tab.goto(site.origin);
  const photos = await Promise.all(
    ['One', 'Two'].map(async (title) => ({ title, record: await world.backend.save(smallPicture()) })),
  );
  await tab.evaluate(([config, photos]) => start(config, photos), [endpointOf(world), photos] as const);
  const drawn = async () => (await look(tab)).map(({ alt, width }) => [alt, width]);
  const all = [
    ['One', 8],
    ['Two', 8],
  ];
  await eventually(drawn).toEqual(all);
  await tab.evaluate(() => logOut());
  await tab.getByRole('button').nth(1).waitFor();
  expect(await urlsLeft(tab)).toBe(0);
  await tab.getByRole('button').nth(1).click();
  await tab.getByRole('button').nth(0).click();
  await eventually(drawn).toEqual(all);
});

declare global {
  var start: (config: object, photos: readonly object[]) => void;
  var logOut: () => Promise<void>;
}

const folder = fileURLToPath(new URL('apps/', import.meta.url));

/** Files that are not on the disk. */
const virtual = (files: Record<string, string>): Plugin => ({
  name: 'virtual',
  enforce: 'pre',
  resolveId(source) {
    const name = Object.keys(files).find((name) => source === folder + name || source === `./${name}`);
    return name === undefined ? undefined : folder + name;
  },
  load: (id) => files[id.slice(folder.length)],
});

const vue: Plugin = {
  name: 'vue',
  transform(code, file) {
    if (!file.endsWith('.vue')) return undefined;
    return compileScript(parse(code).descriptor, { id: 'gallery', inlineTemplate: true }).content;
  },
};
