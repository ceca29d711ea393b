import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import type { Example } from '../../../src/validator/rule.ts';
import type { RuleOptions } from '../../../src/validator/validate.ts';
import { findingsOf } from '../example.ts';

/** A manifest with these lines below the usual ones. */
export function manifest(body = '', name = 'news-digest'): string {
  return `awp: "1.0.0"
workflow: { name: ${name}, version: 1.0.0, description: Sums up the news. }
${body}
`;
}

/** A manifest with a graph; each text is one node, the dash left out. */
export function graph(nodes: readonly string[], rest = ''): string {
  return manifest(
    `orchestration:\n${rest}  graph:\n${nodes.map((node) => `    - ${node}\n`).join('')}`,
  );
}

/** A manifest with a delegation loop whose fields are `body`. */
export function loop(body: string, rest = ''): string {
  return manifest(`orchestration: { engine: delegation_loop, delegation_loop: ${body} }\n${rest}`);
}

/** An agent's file. */
export function agentFile({
  id = 'writer',
  output = '{ format: json, contract: { summary: { type: string }, confidence: { type: number } } }',
  capabilities = '{}',
  rest = '',
} = {}): string {
  return `awp_agent: "1.0.0"
identity: { id: ${id}, role: Writer, description: Writes. }
model: { name: demo }
prompt: { system: Be short. }
output: ${output}
capabilities: ${capabilities}
${rest}
`;
}

/** A whole folder with a manifest and agents by their folder's name. */
export function folder(
  text: string,
  agents: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const files: Record<string, string> = { 'workflow.awp.yaml': text };
  for (const [name, file] of Object.entries(agents)) files[`agents/${name}/agent.awp.yaml`] = file;
  return files;
}

/** An agent's file alone. */
export function alone(file: string): Record<string, string> {
  return { 'agent.awp.yaml': file };
}

/** What one rule says of an example. */
export async function findingsBy(
  code: string,
  example: Example,
  options: RuleOptions & { name?: string } = {},
): Promise<Diagnostic[]> {
  return (await findingsOf(example, options)).filter(({ rule }) => rule === code);
}

/** What one rule says of an example, short: severity, text at the place, message. */
export async function said(
  code: string,
  example: Example,
  options: RuleOptions & { name?: string } = {},
): Promise<string[]> {
  const files = typeof example === 'string' ? { 'workflow.awp.yaml': example } : example;
  return (await findingsBy(code, example, options)).map((one) => {
    const text = new Map(Object.entries(files)).get(one.file) ?? '';
    return `${one.severity} at ${textAt(text, one)}: ${one.message}`;
  });
}

function textAt(text: string, { range: { start, end } }: Diagnostic): string {
  const lines = text.split('\n');
  const line = lines[start.line - 1] ?? '';
  return line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
}

/** The file as the fixes of one rule leave it. */
export async function mended(code: string, text: string): Promise<string> {
  const edits = (await findingsBy(code, text)).flatMap(({ fix }) => fix?.edits ?? []);
  return edits
    .toSorted((one, other) => other.from - one.from)
    .reduce((now, { from, to, text: put }) => now.slice(0, from) + put + now.slice(to), text);
}
