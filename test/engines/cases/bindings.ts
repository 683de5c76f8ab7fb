import { equal, eventually, ok } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import type { Case } from './case.js';

/** Elements that show pictures, and how they are made. */
const kinds: Record<string, (page: Frame, record: Parameters<Frame['get']>[0]) => HTMLElement> = {
  'pixstore-image': ({ window }, record) =>
    Object.assign(window.document.createElement('pixstore-image'), { frontend: window.frontend, record }),
  img: ({ window }, record) => {
    const image = window.document.createElement('img');
    window.page.showIn(image, record);
    return image;
  },
};

export const bindings: Case[] = Object.entries(kinds).map(([name, make]) => ({
  title: `a <${name}> keeps room for its picture, shows it, and is blank after a logout`,
  async run({ control, openFrame }) {
    const { record } = await control.save('rocket.jpg');
    const page = await openFrame();
    await page.start({});
    const element = make(page, record);
    element.setAttribute('alt', 'A rocket');
    const events: string[] = [];
    element.onload = element.onerror = (event) => events.push((event as Event).type);
    page.window.document.body.append(element);
    const size = () => [element.offsetWidth, element.offsetHeight];
    await Promise.resolve(); // it is asked where it is once all are in the page
    equal([element.dataset.status, size()], ['loading', [record.width, record.height]], 'room');
    await eventually(() => [element.dataset.status, events], ['loaded', ['load']]);
    equal(size(), [record.width, record.height], 'size');
    element.style.width = '100px';
    element.style.height = 'auto';
    const [width, height] = size();
    const expected = (100 * (record.height ?? 0)) / (record.width ?? 1);
    ok(width === 100 && Math.abs((height ?? 0) - expected) <= 1, `${size()} does not keep the shape`);
    await page.clear();
    await eventually(() => [element.dataset.status, events], ['error', ['load', 'error']]);
    ok(!(element as HTMLImageElement).src, 'it has a URL');
  },
}));
