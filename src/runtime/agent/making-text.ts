import type { CodeLanguage, PlanNamespace, ToolMaking } from '../../events/creation.ts';
import type { Plan } from '../../events/plan.ts';

/** How an agent makes tools, for its prompt. */
export interface MakingPrompt {
  /** What it calls: `tools.create`, or `sdk.tools.create` in code mode. */
  create: string;
  /** Languages of the box, the usual one first; others than those of tools are left out. */
  languages: readonly string[];
}

const LANGUAGES: readonly CodeLanguage[] = ['python', 'javascript', 'typescript'];

const HANDLERS: Readonly<Record<CodeLanguage, string>> = {
  python: 'in Python `def handler(*, values, digits=2):`, never `async`, its parameters by keyword',
  javascript: 'in JavaScript `function handler({ values, digits = 2 })`, which may be `async`',
  typescript:
    'in TypeScript `function handler({ values, digits = 2 }: Args)`, which may be `async`',
};

/**
 * What an agent is told that may make tools (spec, capabilities 4): where, how many, and what a handler
 * is. Names of secrets stand in it, never values.
 */
export function makingText(
  plan: Pick<Plan, 'creation'>,
  making: ToolMaking,
  { create, languages }: MakingPrompt,
): string {
  const spaces = namespacesOf(plan, making);
  const known = languages.flatMap((one) => LANGUAGES.find((language) => language === one) ?? []);
  const handlers = known.map((language) => HANDLERS[language]).join('; ');
  const secrets = [...new Set(spaces.flatMap((one) => one.secrets))];
  const list = create.replace(/create$/, 'list');
  const remove = create.replace(/create$/, 'remove');
  const lines = [
    `You may make ${making.maxTools === 1 ? 'one tool' : `up to ${making.maxTools} tools`}, for work that you or later agents do more than once. You can call one at once; later agents find it among their tools.`,
    `${create} takes "name" (namespace.action, in a-z, 0-9 and _), "description", "parameters" (a JSON Schema of type object) and "code"${known.length > 1 ? `, and "language" (${known.join(', ')}) unless it is ${known[0]}` : ''}.`,
    `The code defines a handler: ${handlers}. What it takes and the properties of "parameters" are the same.`,
    'It returns {"ok": true, "status": 200, "data": {...}}, or {"ok": false, "status": 400, "data": {}, "error": "what is wrong"}.',
    'It runs in a box of its own: it has no other tools, keeps nothing from call to call, and can do what its namespace can do and nothing else.',
    'It is checked, and tried with sample values, before it counts: defaults of "parameters", else the least that these allow, such as 0, "" and []. It must return an object for them too, with ok false where they are no use. A refusal says what is wrong and what to do.',
    secrets.length > 0 &&
      `A handler that needs a secret names it in "required_secrets" and finds a token for it in \`_secrets\`; the value takes its place in requests to the hosts that it is meant for. There are: ${secrets.join(', ')}.`,
    `${list} shows the tools that were made, ${remove} takes one of yours away for good.`,
    'Namespaces:',
    ...spaces.map(namespaceLine),
  ];
  return lines.filter(Boolean).join('\n');
}

/** The namespaces in which an agent may make tools. */
export function namespacesOf(
  { creation }: Pick<Plan, 'creation'>,
  { namespaces }: Pick<ToolMaking, 'namespaces'>,
): readonly PlanNamespace[] {
  return (creation?.namespaces ?? []).filter(({ name }) => namespaces.includes(name));
}

/** A namespace and what its tools can do, in one line. */
export function namespaceLine({ name, capabilities, hosts, secrets }: PlanNamespace): string {
  const reaches = hosts.includes('*') ? 'every public host' : hosts.join(', ');
  const parts = [
    'computes',
    capabilities.includes('network') &&
      (hosts.length > 0 ? `reaches ${reaches}` : 'reaches no host'),
    capabilities.includes('filesystem') && 'reads inputs/ and shared/, writes output/',
    secrets.length > 0 && `secrets: ${secrets.join(', ')}`,
  ];
  return `- ${name}: ${parts.filter(Boolean).join('; ')}`;
}
