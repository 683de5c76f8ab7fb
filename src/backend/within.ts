import type { MaybePromise } from '../shared/maybe-promise.js';

/**
 * A value that must be there in time: whoever waits for what others have promised holds what others need.
 *
 * @param milliseconds - how long it is waited for
 * @param late - makes the error when it takes longer
 * @param leftOver - handed the value when it comes all the same
 */
export function within<Value>(
  value: MaybePromise<Value>,
  milliseconds: number,
  late: () => Error,
  leftOver: (value: Value) => void = () => {},
): MaybePromise<Value> {
  if (!isThenable(value)) return value;
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(late());
    }, milliseconds).unref();
    const settle = (how: () => void) => {
      clearTimeout(timer);
      how();
    };
    Promise.resolve(value).then(
      (arrived) => settle(() => (isLate ? leftOver(arrived) : resolve(arrived))),
      (error) => settle(() => reject(error)),
    );
  });
}

/** Applications hand out promises of other libraries and queries that are sent when they are waited for. */
function isThenable<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | null | undefined)?.then === 'function';
}
