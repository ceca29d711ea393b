import { AwpError } from '../base/errors.ts';

/** Limits of one YAML file (spec, validation: Y checks). */
const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_ALIASES = 64;

/** One token of the library's concrete syntax tree, as far as the walk needs it. */
interface Token {
  items?: unknown[];
  [key: string]: unknown;
}

/**
 * The value of a YAML text. Nothing of it is executed or fetched. Its nesting is measured on the
 * library's token stage first, which does not recurse: composing a deep text can end the process
 * (reliability-security 5.1). Throws `spec/too-big` and `spec/unreadable` with file and line.
 */
export async function readYaml(text: string, file: string): Promise<unknown> {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new AwpError('spec/too-big', `${file} is larger than 1 MiB`);
  }
  const { LineCounter, Parser, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  for (const token of new Parser().parse(text)) {
    if (depthExceeds(token, MAX_DEPTH)) {
      throw new AwpError('spec/too-big', `${file} nests deeper than ${MAX_DEPTH} levels`);
    }
  }
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', uniqueKeys: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const [message = ''] = problem.message.split('\n');
    throw new AwpError('spec/unreadable', `${file}:${line}:${col}: ${message}`);
  }
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new AwpError('spec/too-big', `${file} expands too many aliases`, { cause: error });
  }
}

/** Walks with a stack of its own; every collection inside of another is one level. */
function depthExceeds(root: unknown, limit: number): boolean {
  const stack: { token: unknown; depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { token, depth } = next;
    if (typeof token !== 'object' || token === null) continue;
    const { items, ...rest } = token as Token;
    if (depth > limit) return true;
    for (const value of Object.values(rest)) {
      if (typeof value === 'object') stack.push({ token: value, depth });
    }
    for (const item of items ?? []) stack.push({ token: item, depth: depth + 1 });
  }
  return false;
}
