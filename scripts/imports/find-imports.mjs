import { parseSync } from 'vite';

/**
 * One mention of another module in a file.
 *
 * @typedef {object} Import
 * @property {string | undefined} name what is imported; undefined when it is computed at run time
 * @property {number} line counted from 1
 */

/** @typedef {{ type: string, start: number, [key: string]: any }} Node */

/**
 * Every module that a file mentions: `import` (also of types), `export from`, `import()`, `require`, `createRequire`,
 * `process.getBuiltinModule`, `new Worker(new URL(...))` and `/// <reference ...>`.
 *
 * @param {string} file its name says which language it is written in
 * @param {string} code
 * @returns {{ imports: Import[], atRunTime: number[] }} `atRunTime`: lines that are more than types
 */
export function findImports(file, code) {
  const { program, comments, errors } = parseSync(file, code);
  const [error] = errors;
  if (error) throw new Error(`${file} cannot be parsed: ${error.message}`);
  const lineAt = (/** @type {number} */ offset) => code.slice(0, offset).split('\n').length;

  /** @type {Import[]} */
  const imports = [];
  const requires = new Set(['require']);
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator' && isCallOf(node.init, 'createRequire')) requires.add(node.id.name);
    const source = importedBy(node, requires);
    if (source) imports.push({ name: textOf(source), line: lineAt(node.start) });
  });
  for (const comment of comments) {
    const name = /^\/\s*<reference\s+(?:lib|types|path)\s*=\s*["'](.+?)["']/.exec(comment.value)?.[1];
    if (name) imports.push({ name: `<reference ${name}>`, line: lineAt(comment.start) });
  }
  const atRunTime = program.body.filter((statement) => !isTypeOnly(statement)).map(({ start }) => lineAt(start));
  return { imports, atRunTime };
}

/**
 * @param {any} value
 * @param {(node: Node) => void} visit
 */
function walk(value, visit) {
  if (typeof value !== 'object' || value === null) return;
  if (typeof value.type === 'string') visit(value);
  for (const child of Object.values(value)) walk(child, visit);
}

/**
 * The expression that names the module, when the node imports one.
 *
 * @param {Node} node
 * @param {Set<string>} requires names of functions that load modules
 */
function importedBy(node, requires) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source;
    case 'TSExternalModuleReference':
      return node.expression;
    case 'CallExpression':
      return loads(node.callee, requires) ? node.arguments[0] : undefined;
    case 'NewExpression': {
      const [url] = node.arguments;
      const isWorker = ['Worker', 'SharedWorker'].includes(node.callee.name);
      return isWorker && url?.type === 'NewExpression' && url.callee.name === 'URL' ? url.arguments[0] : undefined;
    }
  }
}

/**
 * @param {Node} callee
 * @param {Set<string>} requires
 */
function loads(callee, requires) {
  if (callee.type === 'Identifier') return requires.has(callee.name);
  if (callee.type === 'CallExpression') return isCallOf(callee, 'createRequire');
  if (callee.type !== 'MemberExpression') return false;
  return (
    callee.property.name === 'getBuiltinModule' ||
    (callee.property.name === 'resolve' && requires.has(callee.object.name))
  );
}

/**
 * @param {any} node
 * @param {string} name
 */
function isCallOf(node, name) {
  return node?.type === 'CallExpression' && (node.callee.name ?? node.callee.property?.name) === name;
}

/**
 * @param {Node} expression
 * @returns {string | undefined}
 */
function textOf(expression) {
  if (expression.type === 'TSAsExpression') return textOf(expression.expression);
  if (expression.type === 'Literal') return String(expression.value);
  if (expression.type === 'TemplateLiteral' && expression.expressions.length === 0)
    return expression.quasis[0].value.cooked;
  return undefined;
}

/** @param {Node} statement */
function isTypeOnly(statement) {
  if (statement.importKind === 'type' || statement.exportKind === 'type') return true;
  if (statement.type === 'ExportNamedDeclaration' && !statement.declaration) return statement.specifiers.length === 0;
  return ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration'].includes(statement.type);
}
