/** The target, with every call of a method handed to `handle`, which makes it by `work`. */
export function intercept<Target extends object>(
  target: Target,
  handle: (name: string, work: () => unknown, args: readonly unknown[]) => unknown,
): Target {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => handle(String(name), () => member.apply(target, args), args);
    },
  });
}
