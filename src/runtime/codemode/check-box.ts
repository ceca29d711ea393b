import { AwpError } from '../../base/errors.ts';
import type { Plan } from '../../events/plan.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { codemodeOf } from './codemode.ts';

/**
 * Holds the box of a run against what it has to do: programs of agents in code mode and tools that agents
 * make run in one that has a boundary, or not at all (rule R20), and it must know their language. Throws
 * `sandbox/refused`, `sandbox/unavailable`.
 */
export function checkBox(
  plan: Pick<Plan, 'agents' | 'creation'>,
  sandbox: Pick<Sandbox, 'name' | 'languages'>,
): void {
  const agents = Object.keys(plan.agents ?? {});
  const programming = agents.flatMap((agentKey) => {
    const codemode = codemodeOf(plan, { role: 'node', agentKey });
    return codemode ? [{ agentKey, codemode }] : [];
  });
  const [first] = programming;
  if (!first && !plan.creation) return;
  if (sandbox.name === 'none') {
    const what = first ? `the code mode of ${first.agentKey}` : 'making tools';
    throw new AwpError('sandbox/refused', `${what} needs a sandbox with a boundary`, {
      hint: 'take sandbox: none back, or leave code mode and tool creation out; awp doctor tells which boxes there are',
    });
  }
  const known = sandbox.languages.map(({ language }) => language);
  const other = programming.find(({ codemode }) => !known.includes(codemode.language));
  if (!other) return;
  const { agentKey, codemode } = other;
  const there = known.join(', ') || 'none';
  throw new AwpError(
    'sandbox/unavailable',
    `${agentKey} writes programs in ${codemode.language}, and the sandbox (${sandbox.name}) runs ${there}`,
    {
      hint: `name one of these in codemode.language, or add ${codemode.language} to the languages of the sandbox`,
    },
  );
}
