import { type Diagnostic, diagnostic, type Severity, sortDiagnostics } from '../base/diagnostic.ts';
import type { Workflow } from '../models/workflow.ts';
import { checks } from './checks/index.ts';
import type { Rule } from './rule.ts';
import { rules } from './rules/index.ts';

/** How strictly a workflow is looked at. */
export interface RuleOptions {
  /** Warnings are errors. */
  strict?: boolean;
  /** `reference`: what Python runtimes refuse is an error: folder names, contracts without confidence. */
  profile?: 'awp' | 'reference';
}

/** Warnings that the Python implementation treats as errors. */
const REFERENCE = new Set(['R2', 'R9']);

/** All findings of the rules and of our own checks, sorted, each once. Pure. */
export function validateWorkflow(workflow: Workflow, options: RuleOptions = {}): Diagnostic[] {
  const found = [...rules, ...checks].flatMap((rule) => findingsOf(rule, workflow));
  return adjusted([...found, ...unsaid(workflow, found)], options);
}

/** What the schemas refuse and no rule has said, such as a wrong type in a section that is off. */
function unsaid({ manifest, agents }: Workflow, found: readonly Diagnostic[]): Diagnostic[] {
  const said = new Set<string>();
  for (const { severity, file, path } of found) {
    if (severity !== 'error') continue;
    said.add(`${file}\0${path}`);
    // An error at an item is about its list too.
    for (const above of pathsAbove(path)) {
      if (path[above.length] === '[') said.add(`${file}\0${above}`);
    }
  }
  const documents = [...(manifest ? [manifest] : []), ...agents.values()];
  return documents
    .flatMap(({ leftToRules }) => leftToRules)
    .filter(({ file, path }) =>
      [path, ...pathsAbove(path)].every((at) => !said.has(`${file}\0${at}`)),
    );
}

/** Paths of all maps and lists around a field. */
function pathsAbove(path: string): string[] {
  return [...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index));
}

function findingsOf(rule: Rule, workflow: Workflow): Diagnostic[] {
  const found: Diagnostic[] = [];
  rule.check(workflow, (finding) => {
    found.push(diagnostic(rule, finding));
  });
  return found;
}

/** Findings with the severities that the options ask for, sorted, each once. */
export function adjusted(
  diagnostics: Iterable<Diagnostic>,
  { strict = false, profile = 'awp' }: RuleOptions,
): Diagnostic[] {
  const adjust = (one: Diagnostic): Severity => {
    if (profile === 'reference' && REFERENCE.has(one.rule)) return 'error';
    return strict && one.severity === 'warning' ? 'error' : one.severity;
  };
  return sortDiagnostics([...diagnostics].map((one) => ({ ...one, severity: adjust(one) })));
}
