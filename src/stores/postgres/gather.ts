/**
 * Asks for many things at once what is asked for one by one in the same turn of the event loop: the images that one
 * gallery, or many visitors, want at this moment take one query.
 *
 * @param askAll - gives answers in the order of what is asked
 */
export function gather<Asked, Answer>(
  askAll: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
): (asked: Asked) => Promise<Answer> {
  let gathered: Asked[] = [];
  let answers: Promise<readonly Answer[]> | undefined;

  return async (asked) => {
    const at = gathered.push(asked) - 1;
    answers ??= nextTurn().then(() => {
      const all = gathered;
      gathered = [];
      answers = undefined;
      return askAll(all);
    });
    return (await answers)[at] as Answer;
  };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
