import { isDeepStrictEqual } from '../equal.mjs';
import { inspect } from '../inspect.mjs';

/** What a claim that does not hold throws. */
export class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message);
    Object.assign(this, { name: 'AssertionError', code: 'ERR_ASSERTION' });
    Object.assign(this, { actual, expected, operator });
  }
}

function claim(holds, message, facts) {
  if (holds) return;
  if (message instanceof Error) throw message;
  const { operator, actual, expected } = facts;
  const words = `Expected ${inspect(actual)} ${operator} ${inspect(expected)}`;
  throw new AssertionError({ ...facts, message: message ?? words });
}

const comparison = (operator, test) => (actual, expected, message) =>
  claim(test(actual, expected), message, { operator, actual, expected });

export function ok(value, message) {
  claim(value, message, { operator: '==', actual: value, expected: true });
}
// biome-style strictness would change what `equal` means.
const loose = (one, other) => one === other || String(one) === String(other);
export const equal = comparison('==', loose);
export const notEqual = comparison('!=', (one, other) => !loose(one, other));
export const strictEqual = comparison('===', Object.is);
export const notStrictEqual = comparison('!==', (one, other) => !Object.is(one, other));
export const deepStrictEqual = comparison('deepStrictEqual', isDeepStrictEqual);
export const deepEqual = comparison('deepEqual', isDeepStrictEqual);
export const notDeepStrictEqual = comparison(
  'notDeepStrictEqual',
  (one, other) => !isDeepStrictEqual(one, other),
);
export const notDeepEqual = notDeepStrictEqual;
export const match = comparison('match', (text, pattern) => pattern.test(text));
export function fail(message = 'Failed') {
  claim(false, message, { operator: 'fail' });
}

function checkError(error, expected, message) {
  if (expected instanceof RegExp)
    claim(expected.test(String(error)), message, { operator: 'throws', actual: error, expected });
  else if (typeof expected === 'function' && !(error instanceof expected))
    claim(expected(error) === true, message, { operator: 'throws', actual: error, expected });
}

export function throws(action, expected, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = { error };
  }
  claim(thrown !== undefined, 'Missing expected exception.', { operator: 'throws', expected });
  checkError(thrown.error, expected, message);
}

export async function rejects(promise, expected, message) {
  let thrown;
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (error) {
    thrown = { error };
  }
  claim(thrown !== undefined, 'Missing expected rejection.', { operator: 'rejects', expected });
  checkError(thrown.error, expected, message);
}

const assert = Object.assign((value, message) => ok(value, message), {
  ...{ ok, equal, notEqual, strictEqual, notStrictEqual, deepStrictEqual, deepEqual },
  ...{ notDeepStrictEqual, notDeepEqual, match, fail, throws, rejects, AssertionError },
});
assert.strict = assert;

export { assert as strict, assert as whole };
