import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../../../src/shared/errors/codes.js';
import { readDocument, root, tableRowsOf } from '../../docs/markdown.js';

interface Node {
  type: string;
  start: number;
  end: number;
  [property: string]: unknown;
}

/** A place in src/ that makes an error: its code, and the source text of its message. */
interface Raised {
  file: string;
  code: string;
  message: string;
}

const registry = Object.keys(errorCodes);
const looksLikeCode = /^'([A-Z]+(?:_[A-Z]+)+)'$/;

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(root, 'src', name), 'utf8') }));

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && typeof value.type === 'string') visit(value as Node);
  for (const child of Object.values(value)) walk(child, visit);
}

/** Of `{ code: 'CODE', message: '...' }`: both, as they stand there. */
function codeAndMessage(properties: Node[]): (Node | undefined)[] {
  const property = (name: string) =>
    properties.find(({ key }) => (key as { name?: string } | undefined)?.name === name)?.value as Node | undefined;
  return [property('code'), property('message')];
}

/** The two arguments, or pair, or object, that an error is made of. */
function partsOf(node: Node): (Node | undefined)[] {
  if (node.type === 'NewExpression') return node.arguments as Node[];
  if (node.type === 'ArrayExpression') return node.elements as Node[];
  return node.type === 'ObjectExpression' ? codeAndMessage(node.properties as Node[]) : [];
}

/** `new PixstoreError('CODE', message)`, and `['CODE', message]` and `{ code: 'CODE', message }` that are handed to it. */
const raised: Raised[] = files.flatMap(({ name, text }) => {
  const found: Raised[] = [];
  walk(parseSync(name, text).program, (node) => {
    const [code, message] = partsOf(node).map((part) => part && text.slice(part.start, part.end));
    const known = looksLikeCode.exec(code ?? '')?.[1];
    if (known && message) found.push({ file: name, code: known, message });
  });
  return found;
});

/** Templates of messages, also where a part of one is thrown by way of a function: `throw invalid(\`...\`)`. */
const interpolated = files.flatMap(({ name, text }) => {
  const found: string[] = [];
  walk(parseSync(name, text).program, (node) => {
    const makesError = text.slice(node.start, node.end).startsWith('new PixstoreError(');
    if (node.type !== 'ThrowStatement' && !makesError) return;
    walk(node, ({ type, expressions }) => {
      if (type !== 'TemplateLiteral') return;
      for (const { start, end } of expressions as Node[]) found.push(`${name}: ${text.slice(start, end)}`);
    });
  });
  return found;
});

describe('error codes', () => {
  test('are the same in the registry and in docs/errors.md, each once', () => {
    const documented = tableRowsOf(readDocument('docs/errors.md'))
      .map(([code = '']) => /^`([A-Z_]+)`$/.exec(code)?.[1])
      .filter((code) => code !== undefined);
    expect(documented.sort()).toEqual([...registry].sort());
  });

  test('are all raised somewhere, and no other is', () => {
    expect([...new Set(raised.map(({ code }) => code))].sort()).toEqual([...registry].sort());
  });

  test('are the only words of their kind in the documents of functions', () => {
    const mentioned = files.flatMap(({ text }) => [...text.matchAll(/@throws[^@]*?(?=\n\s*\*\s*@|\*\/)/g)]);
    const codes = mentioned.flatMap(([comment]) => [...comment.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)]);
    expect(codes.length).toBeGreaterThan(50);
    expect(codes.map(([, code]) => code).filter((code) => !registry.includes(code ?? ''))).toEqual([]);
  });
});

describe('messages', () => {
  test('are sentences: a capital or a name first, a full stop or a command to copy last', () => {
    const odd = raised.filter(({ message }) => !/^[`'"](?:[A-Z$]|getImage|init|custom|better)/.test(message));
    expect(odd).toEqual([]);
    const open = raised.filter(
      ({ message }) => !/(?:\.|\$\{(?:advice|outcome)\}|: openssl rand -base64 32)[`'"]$/.test(message),
    );
    expect(open).toEqual([]);
  });

  test('never carry a key, a proof, a path or bytes', () => {
    const secret = /(?:^|[\s.])(?:key|secret|\w*proof|\w*path|iv|bytes|ciphertext|payload|url)$/i;
    expect(interpolated.length).toBeGreaterThan(20);
    expect(interpolated.filter((expression) => secret.test(expression))).toEqual([]);
  });
});
