import type { Language, SandboxPolicy } from '../../events/plan.ts';

/** The box of a run, as prompts tell of it. */
export interface BoxFacts {
  name: string;
  isolation: string;
  /** Best first, with version and packages. */
  languages: readonly { language: Language; description: string }[];
}

/** The box and its languages, in lines. */
export function boxLines({ name, isolation, languages }: BoxFacts, policy: SandboxPolicy): string {
  const named = languages.map(
    ({ language, description }, index) =>
      `- ${language}${index === 0 ? ' (default)' : ''}: ${description}`,
  );
  return [`${name}: ${isolation}`, ...named, networkLine(policy)].join('\n');
}

function networkLine({ hosts }: SandboxPolicy): string {
  if (hosts.length === 0) return 'There is no network.';
  const named = hosts.includes('*') ? 'every public host' : hosts.join(', ');
  return `Programs can reach ${named} over http and https, and nothing else.`;
}

/** How programs work in it, for an agent that may run some; `inside` are the tools that they can call. */
export function programLines(
  box: BoxFacts,
  inside: readonly string[],
  policy: SandboxPolicy,
): string {
  const alone =
    policy.session === 'persistent'
      ? 'Your programs run in one box, each in a fresh process.'
      : 'Each program runs alone, in a fresh process.';
  const languages = new Set(box.languages.map(({ language }) => language));
  return [
    `${alone} Print what you need to know: output is cut when long.`,
    ...namesLine(languages),
    ...toolLines(languages, inside),
  ].join('\n');
}

function namesLine(languages: ReadonlySet<Language>): string[] {
  if ([...languages].every((name) => name === 'shell')) return [];
  const imported = languages.has('python')
    ? ' Python has json, pathlib, re, math and datetime imported.'
    : '';
  const names = `Programs have _input_file(name), _output_file(name), _list_files(folder), _ensure_dir(path), _verify_png(path), _workspace_dir and _output_dir.${imported}`;
  return [names];
}

const CALLS = {
  python: (tool: string) =>
    `Python: tools.call("${tool}", name=value) returns its data and raises ToolError; also await tools.call_async(...).`,
  javascript: (tool: string) =>
    `JavaScript and TypeScript: await tools.call('${tool}', { name: value }) gives its data and throws ToolError; also tools.callSync(...).`,
};

function toolLines(languages: ReadonlySet<Language>, tools: readonly string[]): string[] {
  const [first] = tools;
  if (first === undefined) return [];
  const kinds = [...languages]
    .filter((name) => name !== 'shell')
    .map((name) => (name === 'python' ? 'python' : 'javascript'));
  if (kinds.length === 0) return [];
  return [
    `Programs can call your other tools (${tools.join(', ')}), with the arguments that you would give; each call counts. They see files that programs have finished writing, not those of the program that calls.`,
    ...[...new Set(kinds)].map((kind) => CALLS[kind](first)),
  ];
}
