import type { Frame, RunState } from '../../events/state.ts';
import type { Taint } from '../../events/taint.ts';
import type { Tool } from '../../ports/tool.ts';
import type { RunContext } from '../context.ts';
import { boxPolicyOf } from './box-policy.ts';
import { boxSecrets } from './box-secrets.ts';
import { secretsOf } from './tool-secrets.ts';

/** A tool that reads what other agents of the same loop wrote. */
const READS_BOARD = 'board.read';

/**
 * What the result of a call may hold (threat T15): untrusted text where it reaches other hosts or asks
 * another program's server, private data where it uses a secret. A board has what those have who write
 * on it.
 */
export function taintOfCall(context: RunContext, frame: Frame, tool: Tool): readonly Taint[] {
  const { plan, secrets, state } = context;
  const inBox = tool.needsBox === true && !tool.nested;
  const found = new Set<Taint>();
  const hosts = inBox && boxPolicyOf(plan, frame).hosts.length > 0;
  if (tool.network === true || tool.origin === 'mcp' || hosts) found.add('untrusted');
  const sends = hosts || (tool.nested === true && tool.network === true);
  const has = secretsOf(secrets, tool).size > 0 || (sends && boxSecrets(secrets) !== undefined);
  if (has) found.add('private');
  if (tool.name === READS_BOARD) for (const taint of aroundOf(state, frame)) found.add(taint);
  return [...found].sort();
}

/** What the manager of an agent and those who work beside it hold. */
function aroundOf(state: RunState, frame: Frame): Taint[] {
  const manager = state.frames.get(frame.parent ?? '');
  const beside = [...(manager?.open ?? [])].map((id) => state.frames.get(id));
  return [manager, ...beside].flatMap((one) => [...(one?.taint ?? [])]);
}
