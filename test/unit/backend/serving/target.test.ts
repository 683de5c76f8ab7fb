import { describe, expect, test } from 'vitest';
import { readQuery, readTarget } from '../../../../src/backend/serving/target.js';

const route = '/pixstore-image';
const image = (id: string, query = '') => ({ kind: 'image', id, query });

describe('under a route', () => {
  test.each([
    ['/pixstore-image/a:b', image('a:b')],
    ['/pixstore-image/a%3Ab?token=1', image('a:b', 'token=1')],
    ['http://img.example/pixstore-image/k?x', image('k', 'x')],
    ['/pixstore-image/a/b', image('a/b')],
    ['/pixstore-image/%', image('%')],
    ['/pixstore-image', { kind: 'route', query: '' }],
    ['/pixstore-image/', { kind: 'route', query: '' }],
    ['/pixstore-image?a=1', { kind: 'route', query: 'a=1' }],
    ['/pixstore-image/?a=1', { kind: 'route', query: 'a=1' }],
    ['/pixstore-image/a:b/', image('a:b')],
    ['/pixstore-image/a%3Ab/?token=1', image('a:b', 'token=1')],
    ['/pixstore-image/a//', image('a/')],
    ['/pixstore-image/a%2F', image('a/')],
    ['/pixstore-image/-/health/', { kind: 'health' }],
    ['/pixstore-images/', null],
    ['/pixstore-image/-', image('-')],
    ['/pixstore-image/-/health', { kind: 'health' }],
    ['/pixstore-image/-/metrics', { kind: 'metrics' }],
    ['/pixstore-images/k', null],
    ['/', null],
    ['', null],
  ])('%s', (target, expected) => {
    expect(readTarget(target, route)).toEqual(expected);
  });
});

describe('mounted anywhere, the last part of the path counts', () => {
  test.each([
    ['/k', image('k')],
    ['/api/v1/images/a%3Ab?proof=p', image('a:b', 'proof=p')],
    ['/', { kind: 'route', query: '' }],
    ['/?a=1', { kind: 'route', query: 'a=1' }],
    ['/api/v1/images/a%3Ab/?proof=p', image('a:b', 'proof=p')],
    ['/k/', image('k')],
    ['/images//', { kind: 'route', query: '' }],
    ['/images/', image('images')],
    ['/images/-/health/', { kind: 'health' }],
    ['/images/-/health', { kind: 'health' }],
    ['/-/metrics', { kind: 'metrics' }],
    ['/x-/health', image('health')],
  ])('%s', (target, expected) => {
    expect(readTarget(target, undefined)).toEqual(expected);
  });
});

test.each([
  ['proof=a-_9&token=12', { proof: 'a-_9', token: '12' }],
  ['token=12&proof=a%2Db', { proof: 'a-b', token: '12' }],
  ['proof=&token=', { proof: '', token: '' }],
  ['proof=a&proof=b', { proof: 'a', token: null }],
  ['', { proof: null, token: null }],
])('proof and token in the query "%s"', (query, expected) => {
  expect(readQuery(query)).toEqual(expected);
});
