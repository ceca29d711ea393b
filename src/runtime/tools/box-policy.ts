import type { Plan, SandboxPolicy } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';

/**
 * The policy of the box that programs of an agent run in: that of the run, with those of its packages
 * only that the agent was ordered to use.
 */
export function boxPolicyOf(
  { sandbox }: Pick<Plan, 'sandbox'>,
  { order }: Pick<Frame, 'order'>,
): SandboxPolicy {
  if (!order?.packages) return sandbox;
  const wanted = new Set(order.packages);
  const { python, javascript } = sandbox.packages;
  return {
    ...sandbox,
    packages: {
      python: python.filter((one) => wanted.has(one)),
      javascript: javascript.filter((one) => wanted.has(one)),
    },
  };
}

/** What of the packages that a manager wants the author declared, as they were declared, and the rest. */
export function declaredPackages(
  { packages }: SandboxPolicy,
  asked: readonly string[],
): { declared: readonly string[]; others: readonly string[] } {
  const all = [...packages.python, ...packages.javascript];
  const wanted = new Set(asked.map(bareName));
  const known = new Set(all.map(bareName));
  return {
    declared: all.filter((one) => wanted.has(bareName(one))),
    others: asked.filter((one) => !known.has(bareName(one))),
  };
}

/** `Scikit_Learn[x]>=1.2` is `scikit-learn`, `@scope/tool@2` is `@scope/tool`. */
function bareName(spec: string): string {
  const name = /^\s*(@?[^\s@<>=!~;[(]*)/.exec(spec)?.[1] ?? '';
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
