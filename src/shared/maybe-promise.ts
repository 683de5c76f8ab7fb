/** A value that may be there at once. Waiting for a promise costs a turn of the loop, which hot paths save. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on with a value as soon as it is there: at once, when it is. */
export function andThen<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Does work that may fail at once or later, and goes on with what `failed` makes of the error. */
export function recover<Value>(
  work: () => MaybePromise<Value>,
  failed: (error: unknown) => MaybePromise<Value>,
): MaybePromise<Value> {
  try {
    const value = work();
    return value instanceof Promise ? value.catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}
