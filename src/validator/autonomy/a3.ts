import { mapAt, nodeAt } from '../../base/yaml-node.ts';
import { at, envelopeOf, isWritten, makesTools, unless } from './facts.ts';
import type { Requirement } from './requirement.ts';

/** A3, self-tooling: agents make tools and skills. */
export const a3: readonly Requirement[] = [
  {
    id: 'A3-1',
    level: 'A3',
    force: 'must',
    text: 'something may create tools or skills',
    check: (workflow) =>
      unless(makesTools(workflow), () => ({
        at: at(workflow, 'dynamic_tools'),
        message: 'nobody may make tools or skills',
        help: 'add `dynamic_tools: { enabled: true }`, or `tool_creation: true` to an agent',
      })),
  },
  {
    id: 'A3-2',
    level: 'A3',
    force: 'must',
    text: 'an explicit safety envelope',
    check: (workflow) =>
      unless(envelopeOf(workflow) !== undefined, () => ({
        at: at(workflow, 'orchestration', 'delegation_loop'),
        message: 'there is no safety envelope',
        help: 'add `safety_envelope`, or `worker_policy.enforced`',
      })),
  },
  {
    id: 'A3-3',
    level: 'A3',
    force: 'must',
    text: 'created tools are validated before use',
    check: () => [], // a property of the engine, not of a workflow
  },
  {
    id: 'A3-4',
    level: 'A3',
    force: 'must',
    text: 'created tools go to the audit trail',
    check: (workflow) => {
      const audit = nodeAt(workflow.manifest?.tree, 'observability', 'audit', 'enabled');
      const off = audit?.kind === 'scalar' && audit.value === false;
      return unless(!off, () => ({
        at: at(workflow, 'observability', 'audit', 'enabled'),
        message: 'the audit trail is switched off',
        help: 'write `audit: { enabled: true }`; the log of a run has every tool in any case',
      }));
    },
  },
  {
    id: 'A3-5',
    level: 'A3',
    force: 'must',
    text: 'the envelope names a sandbox and its limits',
    check: (workflow) => {
      const envelope = envelopeOf(workflow);
      const box = mapAt(envelope, 'sandbox');
      const named = box?.entries.has('min') || box?.entries.has('type');
      const limits = ['limits', 'max_memory_mb', 'max_cpu_seconds'].some((name) =>
        box?.entries.has(name),
      );
      return unless(Boolean(named && limits), () => ({
        at: envelope
          ? { ...envelope, to: envelope.from + 1 }
          : at(workflow, 'orchestration', 'delegation_loop'),
        message: 'no envelope names a sandbox with limits',
        help: 'add `sandbox` with its type, `max_memory_mb` and `max_cpu_seconds`',
      }));
    },
    advise: (workflow) => {
      const envelope = envelopeOf(workflow);
      const named =
        envelope?.entries.has('allowed_namespaces') ||
        isWritten(workflow, 'dynamic_tools', 'allowed_namespaces');
      return unless(!envelope || Boolean(named), () => ({
        at: envelope ? { ...envelope, to: envelope.from + 1 } : at(workflow),
        message: 'where tools may be made is not said; it is `dynamic`',
        help: 'add `allowed_namespaces: [dynamic]`',
      }));
    },
  },
];
