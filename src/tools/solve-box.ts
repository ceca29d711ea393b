import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { BoxToolReply, BoxTools } from '../ports/sandbox.ts';
import type { CallSession } from '../ports/tool.ts';

/** Names between us and `sdk.py` or `sdk.mjs`; programs do not see them. */
const RETURNS = 'awp.result';
const STATE = 'awp.state';

/** What stands behind a program: it runs `solve` and hands back what that returns. */
const SUFFIXES = {
  python: '\n_awp.solve(globals())\n',
  javascript: "\nawait globalThis.__awp.solve(typeof solve === 'undefined' ? undefined : solve);\n",
} as const;

/** The program with what runs its `solve`; its own lines keep their numbers. */
export function solving(code: string, language: 'python' | 'javascript' | 'typescript'): string {
  return code + SUFFIXES[language === 'python' ? 'python' : 'javascript'];
}

/** What a program handed back. */
export interface Handed {
  /** Left out when `solve` returned nothing that could be taken, or failed. */
  value?: Json;
  state?: JsonObject;
}

/** The tools of one program whose `solve` is run. */
export interface SolveTools {
  tools: BoxTools;
  /** What it has handed back until now. */
  handed(): Handed;
}

/**
 * The tools of a program, and besides them the way on which `solve` gets its state and hands back its
 * value; what is handed back first counts. `most`: calls of tools that it may make.
 */
export function solveTools(
  inner: BoxTools | undefined,
  { session, most }: { session: CallSession | undefined; most: number },
): SolveTools {
  const handed: Handed = {};
  let calls = 0;
  const own: Readonly<Record<string, (args: JsonObject) => JsonObject>> = {
    [RETURNS]: ({ value, state }) => {
      if (handed.value === undefined && value !== undefined) handed.value = value;
      if (handed.state === undefined && isObject(state)) handed.state = state;
      return {};
    },
    [STATE]: () => session?.value ?? {},
  };
  const tools: BoxTools = {
    names: [...(inner?.names ?? []), RETURNS, ...(session ? [STATE] : [])],
    ...(inner?.orders && { orders: inner.orders }),
    async call(name, args, signal) {
      const ours = Object.hasOwn(own, name) ? own[name] : undefined;
      if (ours) return { ok: true, status: 200, data: ours(args) };
      // The channel's own limit would keep the value back as well.
      if (calls >= most) return refused(429, `this program may make ${most} calls only`);
      calls += 1;
      return (await inner?.call(name, args, signal)) ?? refused(404, `there is no tool ${name}`);
    },
  };
  return { tools, handed: () => handed };
}

function refused(status: number, error: string): BoxToolReply {
  return { ok: false, status, data: {}, error };
}
