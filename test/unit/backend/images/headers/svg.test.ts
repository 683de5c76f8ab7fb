import { describe, expect, test } from 'vitest';
import { isSvg } from '../../../../../src/backend/images/headers/svg.js';

const mark = '\xef\xbb\xbf';
const prolog = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>';
const licence = `<!-- ${'All rights > reserved <svg>. '.repeat(3_000)}-->`;
const element = '<svg xmlns="http://www.w3.org/2000/svg"/>';
const isSvgText = (text: string) => isSvg(Buffer.from(text, 'latin1'));

describe('SVG', () => {
  test.each([
    element,
    '<svg\nwidth="1">',
    '<svg>',
    '<SVG >',
    '<svg/>',
    '<svg:svg xmlns:svg="http://www.w3.org/2000/svg">',
    `${mark}\n${prolog}\n<!-- drawn by hand -->\n${element}`,
    `${prolog}${licence}${licence}${element}`,
    `${licence}\r\n\r\n${element}`,
    `${' '.repeat(100_000)}${element}`,
    `${prolog}<?xml-stylesheet href="a.css"?><?other?>${element}`,
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><SVG >',
    `${prolog}<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "x" [ <!ENTITY ns "http://ns.adobe.com/>"> ]>${element}`,
    '<!doctype svg>',
    '<!DOCTYPE svg[<!ENTITY a "b">]>',
  ])('is told by %.80s', (text) => {
    expect(isSvgText(text)).toBe(true);
  });

  test('is told in UTF-16, of either byte order', () => {
    const little = Buffer.from(`\ufeff${prolog}${element}`, 'utf16le');
    expect(isSvg(little)).toBe(true);
    expect(isSvg(Buffer.from(little).swap16())).toBe(true);
  });

  test.each([
    '',
    'svg',
    '<',
    '<svgish>',
    '<html><body><svg width="1"></svg>',
    `${prolog}<note><svg/></note>`,
    `<!DOCTYPE html>${element}`,
    '<!-- <svg> -->',
    '<!-- <svg>',
    '<!--><svg>', // the comment goes on
    '<?xml <svg>',
    `text ${element}`,
    `<!--${' '.repeat(1_100_000)}-->${element}`, // too far from the beginning to be looked for
    `${'<!---->'.repeat(1_001)}${element}`,
  ])('is not told by %.80s', (text) => {
    expect(isSvgText(text)).toBe(false);
  });
});
