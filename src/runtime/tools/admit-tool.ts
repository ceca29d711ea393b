import type { JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';
import { type Admission, exhausted } from '../budget.ts';
import type { RunContext } from '../context.ts';
import type { Start } from '../effect.ts';
import { callProblem, callTool } from './call-tool.ts';
import { type InnerCall, PROGRAM_ENDED } from './inner-calls.ts';

/** A tool call that a model or, from inside of its box, a program wants to make. */
export interface WantedCall {
  frame: Frame;
  /** Id of the effect. */
  id: string;
  name: string;
  args: JsonObject;
  /** For a program's call: what called the program, and what ends the program. */
  inside?: Pick<InnerCall, 'parentCall' | 'signal'>;
}

/** What is written ahead of a call, and the call; a refused one is only written. */
export interface AdmittedCall {
  facts: Fact[];
  starts: Start[];
}

/** Admits one call: it must be granted, and a call must be left in the budget. */
export function admitTool(
  context: RunContext,
  admission: Admission,
  wanted: WantedCall,
): AdmittedCall {
  const { frame, name } = wanted;
  const problem = callProblem(context.plan, wanted);
  const tool = context.tools.get(name);
  if (problem || !tool) {
    const { status, error } = problem ?? { status: 404, error: `tool/unknown: ${name}` };
    const denied: Fact = {
      type: 'security.denied',
      agent: frame.id,
      data: { tool: name, reason: error },
    };
    return { facts: [denied, refusedCall(wanted, { status, error })], starts: [] };
  }
  const refusal = admission.tool();
  if (refusal) {
    const error = `budget/tools: no tool call is left (${refusal.limit} allowed)`;
    const refused = refusedCall(wanted, { status: 429, error });
    // A program may try again and again; the log says once that the limit is reached.
    const known = wanted.inside && context.state.exhausted?.dimension === 'tools';
    return { facts: known ? [refused] : [exhausted(frame.id, refusal), refused], starts: [] };
  }
  const { id, args } = wanted;
  const { idempotent } = tool;
  const data = { call: id, tool: name, args, idempotent, ...parentOf(wanted) };
  return {
    facts: [{ type: 'tool.called', agent: frame.id, data }],
    starts: [toolStart(context, wanted, tool)],
  };
}

function toolStart(context: RunContext, wanted: WantedCall, tool: Tool): Start {
  const { frame, id, inside } = wanted;
  const refused = (status: number, error: string) => ({
    frame: frame.id,
    facts: [refusedCall(wanted, { status, error })],
    files: [],
  });
  return {
    id,
    async perform(signal) {
      const either = inside ? AbortSignal.any([signal, inside.signal]) : signal;
      try {
        const { returned, files, denied } = await callTool(context, { wanted, tool }, either);
        const data = { ...returned, ...parentOf(wanted) };
        return {
          frame: frame.id,
          facts: [...denied, { type: 'tool.returned', agent: frame.id, data }],
          files,
        };
      } catch (error) {
        if (signal.aborted || !inside?.signal.aborted) throw error;
        return refused(500, PROGRAM_ENDED);
      }
    },
    outOfTime: () => refused(408, 'tool/timeout: the wall time of the run is over'),
  };
}

function refusedCall(
  wanted: WantedCall,
  { status, error }: { status: number; error: string },
): Fact {
  const { frame, id, name } = wanted;
  const data = { call: id, tool: name, ok: false, status, data: {}, error, ms: 0 };
  return { type: 'tool.returned', agent: frame.id, data: { ...data, ...parentOf(wanted) } };
}

function parentOf({ inside }: WantedCall): { parentCall?: string } {
  return inside ? { parentCall: inside.parentCall } : {};
}
