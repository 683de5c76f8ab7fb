import { parseAst } from 'vite';

/** Of a syntax tree (ESTree), what is looked at here. */
interface Node {
  type: string;
  start: number;
  end: number;
}

interface Declared extends Node {
  id: Node & { name?: string };
  init: (Node & { callee?: Node }) | null;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);
const isStatement = ({ type }: Node) => /(?:Statement|Declaration)$/.test(type) && type !== 'BlockStatement';

/**
 * The lines of a module that are there for pixstore: imports of it, and every statement that uses what was imported, or
 * what that made, such as the backend. Of a statement with others in it, such as a function, only those that do. Lines
 * of nothing but comments or brackets are none.
 */
export function pixstoreLines(code: string): string[] {
  const { body } = parseAst(code) as unknown as { body: Node[] };
  const names = new Set<string>();
  const found = new Set<number>();

  const lineAt = (position: number) => code.slice(0, position).split('\n').length - 1;
  const uses = (node: Node): boolean =>
    names.has((node as { name?: string }).name ?? '') || childrenOf(node).some(uses);
  const statementsIn = (node: Node): Node[] =>
    childrenOf(node).flatMap((child) => (isStatement(child) ? [child] : statementsIn(child)));

  function mark(node: Node): void {
    const inner = statementsIn(node).filter(uses);
    for (const statement of inner) mark(statement);
    if (inner.length > 0) return;
    for (let line = lineAt(node.start); line <= lineAt(node.end - 1); line += 1) found.add(line);
  }

  for (const node of body) {
    const { source, specifiers } = node as Node & {
      source?: { value: string };
      specifiers?: { local: { name: string } }[];
    };
    if (!source?.value.startsWith('pixstore/')) continue;
    for (const { local } of specifiers ?? []) names.add(local.name);
    mark(node);
  }
  /** What a variable has that one of them made. */
  function declare(node: Node): void {
    for (const { id, init } of (node as Node & { declarations?: Declared[] }).declarations ?? []) {
      if (id.name && init?.callee && uses(init.callee)) names.add(id.name);
    }
    for (const child of childrenOf(node)) declare(child);
  }
  for (const node of body) declare(node);
  for (const node of body) if (node.type !== 'ImportDeclaration' && uses(node)) mark(node);
  return code.split('\n').filter((line, index) => found.has(index) && /\w/.test(line.replace(/\/\/.*/, '')));
}
