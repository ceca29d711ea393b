// `sdk` of programs: the host's tools as `await sdk.<namespace>.<action>({ name: value })`, and the way
// on which the value of `solve` goes back. It imports nothing: every box puts it where it can read it.

/** Names of this namespace are between the host and us: programs do not see them. */
const OURS = 'awp.';
const RETURNS = 'awp.result';
const STATE = 'awp.state';

const { parse, stringify } = JSON;

function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const above = Object.getPrototypeOf(value);
  return above === null || Object.getPrototypeOf(above) === null;
}

/** The arguments of a call by their names: one object, or places in the order of the schema. */
function argumentsOf(name, order, given) {
  const [first] = given;
  if (given.length === 0 || (given.length === 1 && first === undefined)) return {};
  const isNamed =
    isPlain(first) && (Object.keys(first).length === 0 || Object.hasOwn(first, order[0]));
  const alone = order.length === 1 && isPlain(first) && !isNamed;
  if (given.length === 1 && isPlain(first) && !alone) return first;
  if (given.length <= order.length) {
    return Object.fromEntries(given.map((value, index) => [order[index], value]));
  }
  const names = order.length > 0 ? `: { ${order.join(', ')} }` : '';
  throw new TypeError(`sdk.${name} takes one object of arguments${names}`);
}

/** Steps from one word to the other, for words that are short. */
function distance(from, to) {
  let above = [...to, ''].map((_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      const steps = [above[column] + 1, current[column - 1] + 1, above[column - 1] + same];
      current[column] = Math.min(...steps);
    }
    above = current;
  }
  return above[to.length];
}

/** Up to three of the names that are most like this one. */
function near(name, names) {
  const most = Math.max(2, Math.floor(name.length * 0.5));
  return names
    .filter((one) => one.length <= 128 && Math.abs(one.length - name.length) <= most)
    .map((one) => [distance(name.slice(0, 128), one), one])
    .filter(([steps]) => steps <= most)
    .sort(([a], [b]) => a - b)
    .slice(0, 3)
    .map(([, one]) => one);
}

/** The calls behind `sdk`; `orders`: by tool the names of its arguments in their order. */
class Calls {
  #tools;
  #orders;
  #later = new Set();
  #ToolError;

  constructor(tools, orders, ToolError) {
    this.#tools = tools;
    this.#orders = new Map(Object.entries(orders));
    this.#ToolError = ToolError;
  }

  names() {
    return [...new Set([...this.#tools.list(), ...this.#later])].sort();
  }

  async call(name, given) {
    const args = argumentsOf(name, this.#orders.get(name) ?? [], given);
    try {
      return this.#seen(name, args, await this.#tools.call(name, args));
    } catch (error) {
      throw this.#told(name, error);
    }
  }

  callSync(name, given) {
    const args = argumentsOf(name, this.#orders.get(name) ?? [], given);
    try {
      return this.#seen(name, args, this.#tools.callSync(name, args));
    } catch (error) {
      throw this.#told(name, error);
    }
  }

  /** What this program makes or takes away counts for what it is told of its tools. */
  #seen(name, args, data) {
    const made = data?.name;
    if (name === 'tools.create' && typeof made === 'string') {
      this.#later.add(made);
      const { properties } = args.parameters ?? {};
      if (isPlain(properties)) this.#orders.set(made, Object.keys(properties));
    }
    if (name === 'tools.remove') this.#later.delete(made);
    return data;
  }

  #told(name, error) {
    const isUnknown = error?.status === 404 && String(error.message).includes('tool/unknown');
    if (!isUnknown || this.names().includes(name)) return error;
    const alike = near(name, this.names());
    if (alike.length === 0) return error;
    const meant = alike.map((one) => `sdk.${one}`).join(' or ');
    const said = error.message.replace(/ \(status 404\)$/, '');
    const { data } = error;
    return new this.#ToolError({ status: 404, error: `${said}; did you mean ${meant}?`, data });
  }
}

/** What asks an object for these names wants to know whether it is a promise, or JSON. */
const NEVER = new Set(['then', 'toJSON', 'constructor', 'prototype', '__proto__', 'inspect']);

/** An object whose properties are made when they are asked for; `own` are those that it has. */
function lazily(make, names, own = {}) {
  return new Proxy(own, {
    get: (target, key) => {
      if (Object.hasOwn(target, key)) return target[key];
      return typeof key === 'string' && !NEVER.has(key) ? make(key) : undefined;
    },
    has: (target, key) => Object.hasOwn(target, key) || names().includes(key),
    set: (target, key, value) => {
      if (key !== 'state' || !Object.hasOwn(target, key)) return false;
      target[key] = value;
      return true;
    },
    deleteProperty: () => false,
    defineProperty: (target, key, given) => {
      if (key !== 'state' || !Object.hasOwn(target, key)) return false;
      return Reflect.defineProperty(target, key, given);
    },
  });
}

function surface(calls, way, own) {
  const namespaces = () => calls.names().map((name) => name.slice(0, name.indexOf('.')));
  const actions = (namespace) => {
    const before = `${namespace}.`;
    return calls
      .names()
      .filter((name) => name.startsWith(before))
      .map((name) => name.slice(before.length));
  };
  const make = (namespace) =>
    lazily(
      (action) =>
        (...given) =>
          calls[way](`${namespace}.${action}`, given),
      () => actions(namespace),
    );
  return lazily(make, namespaces, own);
}

/** The same value as JSON has it; throws a TypeError, which says what is wrong. */
function asJson(what, value) {
  const text = stringify(value ?? null, (key, one) => {
    const where = key === '' ? what : `${what}, at "${key}",`;
    if (typeof one === 'number' && !Number.isFinite(one)) {
      throw new TypeError(`${where} has ${one}, which JSON does not know`);
    }
    if (one instanceof Map || one instanceof Set) {
      throw new TypeError(`${where} has a ${one.constructor.name}: make an object or a list of it`);
    }
    return one;
  });
  return text === undefined ? null : parse(text);
}

/** What the host puts behind a program calls this. */
class Awp {
  #tools;
  #sdk;
  #own;

  constructor(tools, { sdk, own }) {
    this.#tools = tools;
    this.#sdk = sdk;
    this.#own = own;
  }

  /** Hands values back; what was handed back first counts. */
  async give(given) {
    try {
      await this.#tools.call(RETURNS, given);
    } catch (error) {
      if (error?.status !== 413) throw error;
      throw new TypeError('what is handed back is larger than 1 MiB: write it to a file');
    }
  }

  /** Runs `solve` of the program, and hands back its value and the state. */
  async solve(solve) {
    if (typeof solve !== 'function') {
      throw new TypeError('the program defines no function solve(sdk)');
    }
    const keeps = Object.hasOwn(this.#own, 'state');
    if (keeps) this.#own.state = await this.#tools.call(STATE, {});
    const state = () => (keeps ? { state: asJson('sdk.state', this.#own.state) } : {});
    let answer;
    try {
      answer = { value: asJson('what solve returned', await solve(this.#sdk)) };
    } catch (error) {
      // The error that ended the program is the one to be told.
      if (keeps)
        await Promise.resolve()
          .then(() => this.give(state()))
          .catch(() => {});
      throw error;
    }
    await this.give({ ...answer, ...state() });
  }
}

/** The names that a program finds when it was given `tools`; `all` are the names of all of them. */
export function namesFor(tools, { all, orders, ToolError }) {
  const calls = new Calls(tools, orders, ToolError);
  const own = all.includes(STATE) ? { state: {} } : {};
  own.sync = surface(calls, 'callSync', {});
  const sdk = surface(calls, 'call', own);
  const __awp = Object.freeze(new Awp(tools, { sdk, own }));
  return { tools, ToolError, sdk, __awp };
}

/** Names of tools that programs are shown. */
export function shownNames(names) {
  return names.filter((name) => !name.startsWith(OURS)).sort();
}
