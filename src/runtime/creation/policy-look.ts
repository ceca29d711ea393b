import type { CodeLanguage, ToolDraft } from '../../events/creation.ts';
import type { Frame } from '../../events/state.ts';
import type { RunContext } from '../context.ts';
import { agentOf } from '../plan-parts.ts';
import type { PolicyLook } from './policy.ts';
import type { MakerCall } from './record.ts';

/** What the policy of a run looks at for a draft of an agent. */
export function policyLook(
  { context, frame, call, creation, making }: MakerCall,
  draft: ToolDraft,
): PolicyLook {
  const { plan, state, tools, host, secrets, created } = context;
  const made = state.creation?.tools;
  const bound = [...secrets].filter(([, { hosts }]) => hosts.length > 0);
  return {
    ...{ plan, creation, state, draft, call, maker: { frame, making } },
    claims: created.claims,
    others: [...host.tools.keys(), ...tools.keys()].filter((name) => !made?.has(name)),
    secrets: new Set(bound.map(([name]) => name)),
    languages: boxLanguages(context),
  };
}

/** The language of an agent's drafts that name none: that of its programs, else the first of the box. */
export function draftLanguage(
  context: Pick<RunContext, 'plan' | 'surroundings'>,
  frame: Frame,
): CodeLanguage {
  const own = frame.role === 'node' ? agentOf(context.plan, frame).codemode?.language : undefined;
  return own ?? boxLanguages(context)[0] ?? 'python';
}

/** Languages of the box in which tools can be written. */
function boxLanguages({ surroundings: { box } }: Pick<RunContext, 'surroundings'>): CodeLanguage[] {
  return (box?.languages ?? []).flatMap(({ language }) => (language === 'shell' ? [] : [language]));
}
