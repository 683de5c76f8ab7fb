import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { findImports } from './find-imports.mjs';

/** @typedef {import('./table.mjs').Rule} Rule */

/**
 * What a file imports against the rules, one sentence each: where it stands, which rule it breaks, what to do.
 *
 * @param {Rule[]} table
 * @param {string} file its path from the root of the project, with `/`
 * @param {string} code
 * @returns {string[]}
 *
 * @example
 * checkFile(table, 'src/shared/a.ts', "import 'node:fs';"); // ['src/shared/a.ts:1 imports node:fs, but ...']
 */
export function checkFile(table, file, code) {
  const rule = table.find(({ files }) => covers(files, file));
  if (!rule) {
    return [`${file} is in a folder that no rule covers: move it, or add a line to scripts/imports/table.mjs.`];
  }
  const { imports, atRunTime } = findImports(file, code);
  const problems = imports
    .filter(({ name }) => !allows(rule, file, name))
    .map(({ name, line }) => `${file}:${line} imports ${name ?? 'a computed name'}, but ${advice(rule)}`);
  if (rule.typesOnly) {
    problems.push(...atRunTime.map((line) => `${file}:${line} exists at run time, but ${advice(rule)}`));
  }
  return problems;
}

/** @param {Rule} rule */
function advice(rule) {
  const packages = (rule.packages ?? []).map((pattern) => (pattern === '*' ? 'any package' : pattern));
  return `${rule.because}. It may import: ${[rule.files, ...(rule.may ?? []), ...packages].join(', ')}.`;
}

/**
 * @param {Rule} rule
 * @param {string} file
 * @param {string | undefined} name
 */
function allows(rule, file, name) {
  if (name === undefined) return rule.computed === true;
  if (name.startsWith('<reference')) return false;
  if (!/^\.{0,2}\//.test(name)) return (rule.packages ?? []).some((pattern) => matches(pattern, name));
  // TypeScript names a module by the file it becomes.
  const target = posix.join(posix.dirname(file), name).replace(/\.js(x?)$/, '.ts$1');
  return [rule.files, ...(rule.may ?? [])].some((path) => covers(path, target));
}

/**
 * @param {string} path of the table
 * @param {string} file
 */
function covers(path, file) {
  if (path.endsWith('/*')) return posix.dirname(file) === path.slice(0, -2);
  return path.endsWith('/') ? file.startsWith(path) : file === path;
}

/**
 * @param {string} pattern
 * @param {string} name
 */
function matches(pattern, name) {
  const full = builtinModules.includes(name) ? `node:${name}` : name;
  if (pattern.endsWith('*')) return full.startsWith(pattern.slice(0, -1));
  return full === pattern || full.startsWith(`${pattern}/`);
}
