import type { JsonObject } from '../../base/json.ts';
import type { GraphPlace } from '../../events/graph-nodes.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { FunctionCall, ModuleCall, StepCall } from '../../ports/step.ts';
import type { RunContext } from '../context.ts';
import type { ModuleAsks } from './module-step.ts';
import { visibleItem, visibleState } from './visible.ts';

/** A call of a step. */
interface Call extends FunctionCall {
  /** The same call for a module: without what its node may not see. */
  forModule(agent: string, module: string): Omit<ModuleCall, keyof ModuleAsks>;
}

/**
 * What a step is called with. What it may see is looked up when it is asked for: most steps look at
 * little of it. It is frozen, so that no step can change what others see.
 */
export function callOf(
  context: RunContext,
  { frame, graph, node }: GraphPlace & { frame: Frame },
  signal: AbortSignal,
): Call {
  const { state, plan } = context;
  const { attempt = 1, round, instance, said } = frame.node ?? {};
  const values = once(() => deepFrozen(visibleState(state, graph, node.plan.id).values));
  const item = frame.node && visibleItem(state, graph, frame.node);
  const last = round === undefined ? undefined : node.rounds.at(-1)?.output;
  const own: Omit<StepCall, 'input'> = {
    node: pathOf(state, frame),
    attempt,
    task: plan.task,
    ...(instance !== undefined && { index: instance }),
    ...(item !== undefined && { item: deepFrozen(item) }),
    ...(round !== undefined && { round }),
    ...(last && { last: deepFrozen(last) }),
    ...(said !== undefined && { said: deepFrozen(said) }),
    signal,
    log: (text) => context.progress({ agent: frame.id, call: frame.id, text: String(text) }),
  };
  return {
    ...own,
    get input() {
      return values();
    },
    get state() {
      return viewOf(graph.state);
    },
    forModule: (agent, module) => ({ ...own, input: values(), agent, module }),
  };
}

/** Ids of the nodes around a frame's node and its own: `sub/node`. */
function pathOf(state: RunState, frame: Frame): string {
  const ids: string[] = [];
  let at: Frame | undefined = frame;
  while (at?.node) {
    ids.unshift(at.node.id);
    at = at.parent === undefined ? undefined : state.frames.get(at.parent);
  }
  return ids.join('/');
}

const views = new WeakMap<JsonObject, Readonly<JsonObject>>();

/**
 * The state as functions see it: it cannot be changed, and shows what other nodes bring meanwhile.
 * A view costs nothing however many nodes there are; a copy for each node would.
 */
function viewOf(state: JsonObject): Readonly<JsonObject> {
  let view = views.get(state);
  if (!view) {
    const refuse = (): boolean => false;
    view = new Proxy(state, {
      get: (target, key) => deepFrozen(Reflect.get(target, key)),
      getOwnPropertyDescriptor(target, key) {
        const found = Reflect.getOwnPropertyDescriptor(target, key);
        deepFrozen(found?.value);
        return found;
      },
      ...{ set: refuse, defineProperty: refuse, deleteProperty: refuse, setPrototypeOf: refuse },
      preventExtensions: refuse,
    });
    views.set(state, view);
  }
  return view;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Freezes a value with all in it. What is frozen was frozen here, with all in it. */
function deepFrozen<T>(value: T): T {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    open.push(...Object.values(next));
  }
  return value;
}
