// Whether two values say the same, as `node:util` and `node:assert` mean it.

/** Compares type, class and all own entries; numbers as `Object.is` does. */
export function isDeepStrictEqual(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (one instanceof Date) return one.getTime() === other.getTime();
  if (one instanceof RegExp) return String(one) === String(other);
  if (one instanceof Map) return sameMaps(one, other);
  if (one instanceof Set) {
    const all = [...other];
    return one.size === other.size && [...one].every((value) => hasSame(all, value));
  }
  if (one instanceof Error && (one.message !== other.message || one.name !== other.name))
    return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length || one.length !== other.length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isDeepStrictEqual(one[key], other[key]));
}

function sameMaps(one, other) {
  if (one.size !== other.size) return false;
  return [...one].every(
    ([key, value]) => other.has(key) && isDeepStrictEqual(value, other.get(key)),
  );
}

function hasSame(values, wanted) {
  return values.some((value) => isDeepStrictEqual(value, wanted));
}
