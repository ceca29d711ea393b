import type { Language, SandboxPolicy } from '../../events/plan.ts';
import { oneLine, section } from './sections.ts';

/** Characters that a manager is told of one language. */
const BRIEF_CHARS = 300;

/** The box of a run, as prompts tell of it. */
export interface BoxFacts {
  name: string;
  isolation: string;
  /** Best first, with version and packages. */
  languages: readonly { language: Language; description: string }[];
}

/** What a manager is told of the box: which languages and packages there are, not how to use them. */
export function boxBrief(box: BoxFacts | undefined, policy: SandboxPolicy): string {
  if (!box) return boxSection(box, policy);
  const languages = box.languages.map(({ language, description }) => ({
    language,
    description: oneLine(description.split('; ')[0] ?? '', BRIEF_CHARS),
  }));
  return boxSection({ ...box, languages }, policy);
}

/** What a prompt says of the box. */
export function boxSection(box: BoxFacts | undefined, policy: SandboxPolicy): string {
  return section('Sandbox', box ? boxLines(box, policy) : 'none: no program can be run');
}

/** The box and its languages, in lines; what one shares with another before it is said once. */
export function boxLines({ name, isolation, languages }: BoxFacts, policy: SandboxPolicy): string {
  const named = languages.map(({ language, description }, index) => {
    const told = unlikeBefore(description, languages.slice(0, index));
    return `- ${language}${index === 0 ? ' (default)' : ''}: ${told}`;
  });
  return [`${name}: ${isolation}`, ...named, networkLine(policy)].join('\n');
}

/** A description without the parts that a language before it has, too; its beginning is its own. */
function unlikeBefore(description: string, before: BoxFacts['languages']): string {
  const [own = '', ...parts] = description.split('; ');
  for (const { language, description: other } of before) {
    const known = new Set(other.split('; ').slice(1));
    const left = parts.filter((part) => !known.has(part));
    if (left.length < parts.length) return [own, ...left, `the rest as ${language}`].join('; ');
  }
  return description;
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

/** The names that programs of these languages find (spec, capabilities 2.3); none for the shell alone. */
export function namesLine(languages: ReadonlySet<Language>): string[] {
  if ([...languages].every((name) => name === 'shell')) return [];
  const imported = languages.has('python')
    ? ' Python has json, pathlib, re, math and datetime imported.'
    : '';
  const names = `Programs have _input_file(name), _output_file(name), _list_files(folder), _ensure_dir(path), _verify_png(path), _workspace_dir and _output_dir.${imported}`;
  return [names];
}

const CALLS = {
  python: (tool: string) =>
    `Python: tools.call("${tool}", name=value) returns its data and raises ToolError; also sdk.${tool}(name=value), with await in async code.`,
  javascript: (tool: string) =>
    `JavaScript and TypeScript: await tools.call('${tool}', { name: value }) gives its data and throws ToolError; also await sdk.${tool}({ name: value }).`,
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
