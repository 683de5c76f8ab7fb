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

// A picture to assistive technology from the start; an image of the page has its room, too.
const painted = '<span role="img" aria-label="A cat" data-status="loading"';
const plain = '<img width="300" height="200" alt="A cat" data-status="loading"';

test('React draws what will be painted with its name, an image with its room, and nothing that is secret', () => {
  const draw = (as?: 'img') => renderReact(createElement(react.PixstoreImage, { record, alt: 'A cat', as }));
  expect([draw(), draw('img')]).toEqual([expect.stringContaining(painted), expect.stringContaining(plain)]);
  expect(draw() + draw('img')).not.toMatch(/a key|a proof|src/);
});

test('so does Vue', async () => {
  const component = () => [
    h(vue.PixstoreImage, { record, alt: 'A cat' }),
    h(vue.PixstoreImage, { record, alt: 'A cat', as: 'img' }),
    h(Hook),
  ];
  const Hook = { setup: () => ({ ...vue.usePixstoreImage(record) }), render: () => h('p') };
  const html = await renderVue(createSSRApp(component));
  expect(html).toContain(painted);
  expect(html).toContain(plain);
  expect(html).not.toMatch(/a key|a proof|src/);
});
