/** Writes docs/rules/: one page for each code and a list of all, from the cards (decision 35). */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../src/base/diagnostic.ts';
import { codeFamilies, shownExample } from '../src/data/explain.ts';
import { LEVELS } from '../src/models/level.ts';
import { memoryFiles } from '../src/parser/memory-files.ts';
import { parseWorkflow } from '../src/parser/parse-workflow.ts';
import { autonomyDiagnostics, checkAutonomy } from '../src/validator/autonomy/check-autonomy.ts';
import type { CodeCard } from '../src/validator/codes/code-card.ts';
import type { Example } from '../src/validator/rule.ts';
import { adjusted, validateWorkflow } from '../src/validator/validate.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** Findings of one example that a page shows. */
const MOST_FINDINGS = 3;

/** All pages by file name. */
export async function rulePages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map([['README.md', index()]]);
  for (const { cards } of codeFamilies) {
    for (const card of cards) pages.set(`${card.code}.md`, await page(card));
  }
  return pages;
}

function index(): string {
  const families = codeFamilies.map(({ title, cards }) => {
    const rows = cards.map(
      ({ code, severity, title: text }) =>
        `| [${code}](${code}.md) | ${severity} | ${sentence(text).replaceAll('|', '\\|')} |`,
    );
    return [`## ${title}`, '', '| code | severity | what it asks for |', '|---|---|---|', ...rows];
  });
  const intro = `# Rules and findings

Every finding of \`awp validate\`, \`awp compliance\` and \`awp verify\` has a code. \`awp explain CODE\`
shows the same as these pages. They are made from the cards in \`src/validator/\` by
\`node scripts/rule-pages.ts\`; the examples are tried by the tests.`;
  return `${[intro, ...families.map((lines) => lines.join('\n'))].join('\n\n')}\n`;
}

async function page(card: CodeCard): Promise<string> {
  const { code, title, severity, aliases = [], why, enforced, bad, good } = card;
  const also = aliases.length > 0 ? ` · ${aliases.join(', ')} in the Python implementation` : '';
  const parts = [
    `# ${code}: ${sentence(title)}`,
    `${severity}${also} · [all codes](README.md)`,
    why,
    ...(enforced === undefined ? [] : [`While it runs: ${enforced}`]),
    ...(bad === undefined ? [] : ['## Wrong', exampleText(bad), await findingsText(bad, code)]),
    ...(good === undefined ? [] : ['## Right', exampleText(good)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function exampleText(example: Example): string {
  const { files, more } = shownExample(example);
  const blocks = files.map(({ path, text }) => {
    // Another word than that of the examples in other pages, which are tried as workflows.
    const language = /\.ya?ml$/.test(path) ? 'yml' : 'text';
    return `\`${path}\`\n\n\`\`\`${language}\n${text}\n\`\`\``;
  });
  return [...blocks, ...(more > 0 ? [`and ${more} more files`] : [])].join('\n\n');
}

async function findingsText(example: Example, code: string): Promise<string> {
  const found = (await findingsOf(example, code)).filter(({ rule }) => rule === code);
  const lines = found.slice(0, MOST_FINDINGS).map(({ file, range, message, note, help }) => {
    const { line, column } = range.start;
    const more = note === undefined ? '' : `\n  note: ${note}`;
    return `${file}:${line}:${column}: ${message}${more}\n  help: ${help}`;
  });
  const rest = found.length > MOST_FINDINGS ? [`and ${found.length - MOST_FINDINGS} more`] : [];
  if (lines.length === 0) return '`awp compliance` tells it.';
  return `What is said of it:\n\n\`\`\`text\n${[...lines, ...rest].join('\n')}\n\`\`\``;
}

/** All that is said of an example; a text alone is looked at by itself. */
async function findingsOf(example: Example, code: string): Promise<Diagnostic[]> {
  const files = typeof example === 'string' ? { 'workflow.awp.yaml': example } : example;
  const [only = '', ...others] = Object.keys(files);
  const single = others.length === 0 && (typeof example === 'string' || only === 'agent.awp.yaml');
  const { workflow, diagnostics } = await parseWorkflow(
    memoryFiles(files, 'news-digest'),
    single ? { file: only } : {},
  );
  const level = LEVELS.find((one) => code.startsWith(one));
  const levels = level ? autonomyDiagnostics(checkAutonomy(workflow), level) : [];
  return adjusted([...diagnostics, ...validateWorkflow(workflow), ...levels], {});
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

if (import.meta.main) {
  const folder = join(ROOT, 'docs/rules');
  const pages = await rulePages();
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(join(folder, name));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
}
