/** Can this be a path, as far as can be told without a look? */
export const isPath = (path: unknown): path is string => typeof path === 'string' && path.trim() !== '';
