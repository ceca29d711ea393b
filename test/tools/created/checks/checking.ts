import { sandboxPolicy } from '../../../../src/data/make-plan.ts';
import { nodeEffects } from '../../../../src/effects/index.ts';
import type {
  Capability,
  CodeLanguage,
  DraftProblem,
  ToolDraft,
} from '../../../../src/events/creation.ts';
import type { DraftContext, DraftPlace } from '../../../../src/ports/toolsmith.ts';
import { schemaProblem } from '../../../../src/runtime/schema.ts';
import { openSandbox } from '../../../../src/sandboxes/choose.ts';
import { staticChecks } from '../../../../src/tools/created/checks/index.ts';

const effects = nodeEffects();
const open = openSandbox(effects);
const policy = sandboxPolicy();

/** The box of this machine; undefined where it has none that runs Python. */
export const box = await open(policy).then(
  (one) => (one.languages.some(({ language }) => language === 'python') ? one : undefined),
  () => undefined,
);

/** A schema whose arguments are all of one kind. */
export function argumentsNamed(...names: string[]): ToolDraft['parameters'] {
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])) };
}

/** A draft of a language with one argument `x`, if nothing else is said. */
export function draftOf(
  language: CodeLanguage,
  code: string,
  change: Partial<ToolDraft> = {},
): ToolDraft {
  return {
    ...{ name: 'dynamic.tool', description: 'A tool', parameters: argumentsNamed('x') },
    ...{ code, language, secrets: [] },
    ...change,
  };
}

/** Where a draft is to be. */
export function placeWith(...capabilities: Capability[]): DraftPlace {
  const granted: Capability[] = ['compute', ...capabilities];
  const namespace = { name: 'dynamic', capabilities: granted, hosts: [], secrets: [] };
  return { namespace, dryRunMs: 5000, callMs: 5000 };
}

/** What checks get, with the box of this machine; what they warn of is put into `warnings`. */
export function contextFor(
  change: Partial<DraftContext> = {},
  warnings: string[] = [],
): DraftContext {
  return {
    sandbox: () => open(policy),
    sandboxPolicy: policy,
    signal: new AbortController().signal,
    effects,
    warn: (text) => {
      warnings.push(text);
    },
    schemaProblem,
    ...change,
  };
}

/** What the checks say of a draft, in their order; undefined when nothing is wrong. */
export async function checked(
  draft: ToolDraft,
  place: DraftPlace = placeWith(),
  context: DraftContext = contextFor(),
): Promise<DraftProblem | undefined> {
  for (const { check } of staticChecks) {
    const problem = await check(draft, place, context);
    if (problem) return problem;
  }
  return undefined;
}
