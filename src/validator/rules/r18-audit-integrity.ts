import { nodeAt } from '../../base/yaml-node.ts';
import { choiceProblem } from '../choice.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';

const KINDS = ['hash_chain', 'merkle_tree', 'none'];
const audit = (integrity: string): string =>
  manifest(`observability:\n  audit: { enabled: true, integrity: ${integrity} }`);

/** R18: how the audit trail is protected. */
export const r18AuditIntegrity: Rule = {
  code: 'R18',
  title: '`audit.integrity` is `hash_chain`, `merkle_tree` or `none`',
  severity: 'error',
  why: `With \`hash_chain\` every entry holds the hash of the one before it (64 zeros at the first), so that
a change, a gap and a cut show.`,
  bad: audit('checksum'),
  good: audit('hash_chain'),
  enforced:
    'The log of a run is such a chain and is checked on load (stores/); the audit trail as a file of its own is a later issue.',

  check({ manifest: document }, report) {
    const at = nodeAt(document?.tree, 'observability', 'audit', 'integrity');
    if (!at) return;
    const problem = choiceProblem(at, KINDS, 'does not protect the audit trail');
    if (problem) report(problem);
  },
};
