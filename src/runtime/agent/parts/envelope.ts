import { mostMaking } from '../../creation/grant.ts';
import { loopOf } from '../../plan-parts.ts';
import { levelOf } from '../../submanagers/depth.ts';
import { section } from '../sections.ts';
import type { ManagerLook, ManagerPart } from './look.ts';

/** Fields that the policy lets the manager choose, with the name that it has there. */
const CONTROLLED: readonly (readonly [control: string, text: string])[] = [
  [
    'tools_allowed',
    '"tools_allowed": ["file.*"]: names or patterns of tools; left out: the usual ones',
  ],
  [
    'output_contract',
    '"output_contract": {"required_fields": ["summary"], "description": "what the fields hold"}: what it must report',
  ],
  ['temperature', '"temperature": 0.2'],
  ['codemode.enabled', '"codemode": {"enabled": false}: it may run no programs'],
];

const MAKING =
  '"codemode": {"tool_creation": true}: it may make tools; less with "max_tools": 1 and "tool_creation_namespace": "one of yours" in it';

const NARROWING = [
  '"required_tool_invocations": ["code.execute"]: tools that it must really call',
  '"timeout": 300 (seconds) and "max_tokens": 2000 (of one answer): less than the usual',
];

/** The fields of a delegation (spec, runtime 4.1): those that count in this loop. */
export const envelopePart: ManagerPart = (look) => {
  const { plan, frame, policy } = look;
  const { managerControls } = loopOf(plan, frame).worker;
  const lines = [
    '{"worker_id": "snake_case_id", "instructions": "everything the worker needs to know"} and, where it helps:',
    ...CONTROLLED.flatMap(([control, text]) => (managerControls.includes(control) ? [text] : [])),
    mostMaking(plan, frame) && MAKING,
    ...NARROWING,
    hasPackages(look) && '"packages": some of those that the sandbox has',
    policy.planning && '"subtask_id": the part of the plan that it does',
    ...(mayNest(look) ? [SUBMANAGER] : []),
    'Every worker_id is new and unique.',
  ];
  return section('ENVELOPE', lines.filter(Boolean).join('\n- '));
};

const SUBMANAGER =
  '"as_submanager": true: it gets workers of its own, for a piece that is large or has several steps; with "submanager_budget_fraction": 0.3 of what is left, and "inherited_state_keys": ["worker_id"] when it needs only some of the results';

/** Whether a level below this one may have workers of its own. */
function mayNest({ state, frame, limits, policy }: ManagerLook): boolean {
  return (
    (limits.depth === null || levelOf(state, frame) < limits.depth) && policy.submanagers.total > 0
  );
}

function hasPackages({ plan: { sandbox } }: ManagerLook): boolean {
  return sandbox.packages.python.length + sandbox.packages.javascript.length > 0;
}
