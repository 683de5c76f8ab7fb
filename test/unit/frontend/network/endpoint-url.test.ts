import { afterEach, describe, expect, test, vi } from 'vitest';
import { endpointOrigin, isEndpointHost } from '../../../../src/frontend/network/endpoint-url.js';

afterEach(() => vi.unstubAllGlobals());

describe('the origin of the endpoint', () => {
  test.each([
    ['img.example.com', 'http://img.example.com:7482'],
    ['http://img.example.com', 'http://img.example.com:7482'],
    ['https://img.example.com', 'https://img.example.com:7482'],
    ['HTTPS://img.example.com', 'https://img.example.com:7482'],
    ['https://img.example.com/', 'https://img.example.com:7482'],
    ['https://img.example.com:443', 'https://img.example.com'],
    ['https://img.example.com:8443/', 'https://img.example.com:8443'],
    ['localhost', 'http://localhost:7482'],
    ['localhost:9000', 'http://localhost:9000'],
    ['127.0.0.1', 'http://127.0.0.1:7482'],
    ['[::1]', 'http://[::1]:7482'],
    ['http://[2001:db8::1]:8080', 'http://[2001:db8::1]:8080'],
    ['bücher.example', 'http://xn--bcher-kva.example:7482'],
  ])('of %s is %s', (host, origin) => {
    expect(isEndpointHost(host)).toBeUndefined();
    expect(endpointOrigin(host, 7482)).toBe(origin);
  });

  test('takes the scheme of a page over https when the host has none', () => {
    vi.stubGlobal('location', { protocol: 'https:' });
    expect(endpointOrigin('img.example.com', 443)).toBe('https://img.example.com:443');
    expect(endpointOrigin('http://img.example.com', 443)).toBe('http://img.example.com:443');
  });

  test('takes the scheme of the origin in a worker made from a blob', () => {
    vi.stubGlobal('location', { protocol: 'blob:' });
    vi.stubGlobal('origin', 'https://app.example.com');
    expect(endpointOrigin('img.example.com', 443)).toBe('https://img.example.com:443');
  });
});

describe('same-origin', () => {
  test("is the page's own origin, without a port of ours", () => {
    vi.stubGlobal('origin', 'https://app.example.com:8443');
    expect(isEndpointHost('same-origin')).toBeUndefined();
    expect(endpointOrigin('same-origin', 7482)).toBe('https://app.example.com:8443');
  });

  test('leads nowhere where there is no page', () => {
    expect(endpointOrigin('same-origin', 7482)).toBe('same-origin');
  });
});

test.each([
  ['a path', 'https://img.example.com/images'],
  ['a query', 'img.example.com?x=1'],
  ['a fragment', 'img.example.com#x'],
  ['a user', 'me@img.example.com'],
  ['a space', 'img example.com'],
  ['a space before', ' img.example.com'],
  ['another scheme', 'ftp://img.example.com'],
  ['a script', 'javascript:alert(1)'],
  ['two schemes', 'http://https://img.example.com'],
  ['no host', 'https://'],
  ['no port behind the colon', 'img.example.com:'],
  ['port 0', 'img.example.com:0'],
  ['port 70000', 'img.example.com:70000'],
  ['IPv6 without brackets', '2001:db8::1'],
  ['broken IPv6', '[::zz]'],
  ['a character no host has', 'img<.example.com'],
  ['a percent sign', 'img%.example.com'],
  ['nothing', ''],
  ['a number', 7],
])('a host with %s is refused', (_, host) => {
  expect(isEndpointHost(host)).toMatch(/^a host such as /);
});
