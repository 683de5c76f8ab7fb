import { createHash } from 'node:crypto';
import { isDir } from '../../shared/protocol/image-id.js';

const longestKey = 128;
const digits = 12;

/**
 * The id that the path of a file leads to, the same at any time: of `cats/tom.jpg` it is `cats:tom-jpg`. What can stand in
 * no id becomes `-`, and then a piece of the path's SHA-256 keeps it apart from others.
 *
 * @param dir - the folder of all of them; undefined: the first one of the path, if it can be one
 */
export function idOfPath(path: string, dir: string | undefined): string {
  const [first = '', ...rest] = path.split('/');
  if (dir !== undefined) return `${dir}:${keyOf(path)}`;
  return rest.length > 0 && isDir(first) ? `${first}:${keyOf(rest.join('/'))}` : keyOf(path);
}

function keyOf(path: string): string {
  const plain = path.replace(/\.(?=[A-Za-z\d]+$)/, '-');
  if (/^[\w-]+$/.test(plain) && plain.length <= longestKey) return plain;
  const hash = createHash('sha256').update(path).digest('hex').slice(0, digits);
  return `${plain.replace(/[^\w-]+/g, '-').slice(0, longestKey - 1 - digits)}-${hash}`;
}
