import type { JsonObject } from '../../base/json.ts';
import type { EventData, Fact, SecurityKind } from '../../events/event.ts';
import { asksAbout } from '../../events/loop-requests.ts';
import { exhaustedFor } from '../../events/scopes.ts';
import type { Approval, Frame } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';
import { type Admission, exhausted } from '../budget.ts';
import type { RunContext } from '../context.ts';
import type { Start } from '../effect.ts';
import { approvalNeed, type Need, reachesHosts } from './approval.ts';
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
  /** When it may be tried again, in milliseconds since 1970: it waits for room in a rate limit. */
  until?: number;
  /** The approval that it waits for. */
  held?: string;
  /** It waits for a program to end, or for a loop to give back what it set aside. */
  blocked?: true;
}

/** What the calls of one pass are admitted with. */
export interface Pass {
  admission: Admission;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Admits one call, in this order (spec, capabilities 1.4): it must be granted and allowed, within
 * quota and rate, not held back, within the budget, and a person must have said yes where one is
 * asked. What is refused is in the log with its status.
 */
export async function admitTool(
  context: RunContext,
  pass: Pass,
  wanted: WantedCall,
): Promise<AdmittedCall> {
  const { frame, name } = wanted;
  const problem = callProblem(context, wanted);
  const tool = context.tools.get(name);
  if (problem || !tool) {
    const { status, error } = problem ?? { status: 404, error: `tool/unknown: ${name}` };
    return denied(wanted, { status, error, kind: 'acl.tool.denied' });
  }
  if (context.remainingMs('work', frame) <= 0) {
    return { facts: [refusedCall(wanted, { status: 408, error: OUT_OF_TIME })], starts: [] };
  }
  const held = context.guards.problem(frame, tool, pass.now);
  if (held?.verdict === 'refused') return denied(wanted, held);
  if (held?.verdict === 'busy') return { facts: [], starts: [], blocked: true };
  if (held) return waiting(context, pass, { wanted, until: held.until });
  const refusal = pass.admission.toolRefusal(frame);
  if (refusal && pass.admission.toolWaits(frame)) return { facts: [], starts: [], blocked: true };
  if (refusal && mayBeRaised(context, wanted)) {
    return { facts: [exhausted(frame.id, refusal)], starts: [] };
  }
  if (refusal) {
    const error = `budget/tools: no tool call is left (${refusal.limit} allowed)`;
    const refused = refusedCall(wanted, { status: 429, error });
    // A program may try again and again; the log says once that the limit is reached.
    const known = wanted.inside && exhaustedFor(context.state, frame)?.dimension === 'tools';
    return { facts: known ? [refused] : [exhausted(frame.id, refusal), refused], starts: [] };
  }
  const need = await approvalNeed(context, { frame, call: wanted.id, tool, args: wanted.args });
  return afterAsking(context, pass, { wanted, tool, need });
}

/** A person is asked first; a call of an agent waits for the answer, one of a program does not. */
function mayBeRaised({ plan, state }: RunContext, { frame, inside }: WantedCall): boolean {
  return !inside && asksAbout(plan, 'budget') && !exhaustedFor(state, frame);
}

interface Asked {
  wanted: WantedCall;
  tool: Tool;
  need: Need;
}

function afterAsking(context: RunContext, pass: Pass, { wanted, tool, need }: Asked): AdmittedCall {
  switch (need.ask) {
    case false:
      return admitted(context, pass, { wanted, tool });
    case 'pending':
      return { facts: [], starts: [], held: need.approval.id };
    case 'never': {
      const error = `approval/nobody: ${need.reason}, and nobody may be asked in this run`;
      return denied(wanted, { status: 403, error, kind: 'approval.rejected' });
    }
    case 'answered':
      return answered(context, pass, { wanted, tool, approval: need.approval });
    case true: {
      const id = pass.admission.approvalId();
      const { frame, id: call, args } = wanted;
      const { reason, argsHash } = need;
      const data = { id, call, tool: tool.name, args, argsHash, reason, ...parentOf(wanted) };
      return {
        facts: [{ type: 'approval.requested', agent: frame.id, data }],
        starts: [],
        held: id,
      };
    }
  }
}

interface Answered {
  wanted: WantedCall;
  tool: Tool;
  approval: Approval;
}

function answered(
  context: RunContext,
  pass: Pass,
  { wanted, tool, approval }: Answered,
): AdmittedCall {
  const { decision, reason, args } = approval.resolution ?? { decision: 'rejected' };
  if (decision === 'approved') {
    // Another call with the same arguments is asked about when this one has used it up.
    if (!pass.admission.takeApproval(approval.id))
      return { facts: [], starts: [], until: pass.now };
    const changed = args ? { ...wanted, args } : wanted;
    return admitted(context, pass, { wanted: changed, tool, approval: approval.id });
  }
  const why = reason === undefined ? '' : `: ${reason}`;
  const error = `approval/rejected: a person does not allow this call${why}`;
  return denied(wanted, { status: 403, error, kind: 'approval.rejected' });
}

function admitted(
  context: RunContext,
  { admission, now }: Pass,
  { wanted, tool, approval }: { wanted: WantedCall; tool: Tool; approval?: string },
): AdmittedCall {
  const { frame, id, name, args } = wanted;
  admission.tool(frame);
  context.guards.admit(frame, tool, { call: id, now });
  // What a program has sent to other hosts cannot be taken back.
  const idempotent = tool.idempotent && !reachesHosts(tool, context.plan.sandbox.hosts);
  const data: EventData['tool.called'] = {
    ...{ call: id, tool: name, args, idempotent },
    ...parentOf(wanted),
    ...(approval !== undefined && { approval }),
  };
  return {
    facts: [{ type: 'tool.called', agent: frame.id, data }],
    starts: [toolStart(context, wanted, tool)],
  };
}

/** A call that waits for room; one that would wait longer than the run has time is refused. */
function waiting(
  context: RunContext,
  { now }: Pass,
  { wanted, until }: { wanted: WantedCall; until: number },
): AdmittedCall {
  if (until - now < context.remainingMs('work', wanted.frame))
    return { facts: [], starts: [], until };
  const seconds = Math.ceil((until - now) / 1000);
  const error = `tool/rate-limit: there is room again in ${seconds} s, and the run has less time`;
  return denied(wanted, { status: 429, error, kind: 'rate_limit.exceeded' });
}

function denied(
  wanted: WantedCall,
  { status, error, kind }: { status: number; error: string; kind: SecurityKind },
): AdmittedCall {
  const fact: Fact = {
    type: 'security.denied',
    agent: wanted.frame.id,
    data: { tool: wanted.name, reason: error, kind },
  };
  return { facts: [fact, refusedCall(wanted, { status, error })], starts: [] };
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
        const { returned, files, noted } = await callTool(context, { wanted, tool }, either);
        const data = { ...returned, ...parentOf(wanted) };
        return {
          frame: frame.id,
          facts: [...noted, { type: 'tool.returned', agent: frame.id, data }],
          files,
        };
      } catch (error) {
        if (signal.aborted || !inside?.signal.aborted) throw error;
        return refused(500, PROGRAM_ENDED);
      }
    },
    outOfTime: (cut) => refused(408, cut ? `${cut.code}: ${cut.message}` : OUT_OF_TIME),
  };
}

const OUT_OF_TIME = 'tool/timeout: the wall time of the run is over';

/** What becomes of calls that wait for a person when the wall time ends. */
export function endHeldCalls({ state }: Pick<RunContext, 'state'>): Fact[] {
  return [...state.openFrames].flatMap((id) => {
    const frame = state.frames.get(id);
    if (!frame) return [];
    const held = frame.calls.filter(({ phase }) => phase === 'held');
    return held.map(({ id: call, call: { name, args } }) =>
      refusedCall({ frame, id: call, name, args }, { status: 408, error: OUT_OF_TIME }),
    );
  });
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
