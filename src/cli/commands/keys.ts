import type { AddCommand } from '../cli.js';
import { addKeysList } from './keys-list.js';
import { addKeysNew } from './keys-new.js';
import { addKeysReencrypt } from './keys-reencrypt.js';
import { addKeysRotate } from './keys-rotate.js';

export const addKeys: AddCommand = (program, run) => {
  const keys = program.command('keys').description('makes, lists and exchanges keys');
  for (const add of [addKeysNew, addKeysList, addKeysRotate, addKeysReencrypt]) add(keys, run);
};
