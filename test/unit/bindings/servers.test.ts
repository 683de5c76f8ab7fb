import { createElement } from 'react';
import { renderToString as renderReact } from 'react-dom/server';
import { expect, test } from 'vitest';
import { createSSRApp, h } from 'vue';
import { renderToString as renderVue } from 'vue/server-renderer';
import * as react from '../../../src/react/index.js';
import * as svelte from '../../../src/svelte/index.js';
import * as vue from '../../../src/vue/index.js';

// A server has no frontend, no elements and no viewport; all it needs is a page that a browser goes on with.
const meta = { key: 'a key', iv: '', tag: '' };
const record = { id: 'cats:tom', token: 1, meta, statelessProof: 'a proof', width: 300, height: 200 };

test('all bindings can be imported', async () => {
  // Not by its name: to the compiler it would be a second element of that name, beside the built one of other tests.
  const path = '../../../src/element/index.js';
  const element = await import(path);
  expect([typeof element.PixstoreImageElement, typeof svelte.pixstoreImage]).toEqual(['function', 'function']);
});

test('React draws an image with its room and its name, and nothing that is secret', () => {
  const html = renderReact(createElement(react.PixstoreImage, { record, alt: 'A cat', loading: 'eager' }));
  expect(html).toContain('<img width="300" height="200" alt="A cat" data-status="loading"');
  expect(html).not.toMatch(/a key|a proof|src/);
});

test('so does Vue', async () => {
  const component = () => [h(vue.PixstoreImage, { record, alt: 'A cat' }), h(Hook)];
  const Hook = { setup: () => ({ ...vue.usePixstoreImage(record) }), render: () => h('p') };
  const html = await renderVue(createSSRApp(component));
  expect(html).toContain('<img width="300" height="200" alt="A cat" data-status="loading"');
  expect(html).not.toMatch(/a key|a proof|src/);
});
