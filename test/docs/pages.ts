import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One block of code of a page. */
export interface Block {
  /** `README.md:12`, for titles of tests. */
  place: string;
  page: string;
  language: string;
  /** Words behind the language; `run` says that the block is executed. */
  words: readonly string[];
  text: string;
}

/** A page of the documentation. */
export interface Page {
  path: string;
  text: string;
  blocks: readonly Block[];
  /** Targets of links, with the line. */
  links: readonly { line: number; target: string }[];
  /** Names that a link can point to behind `#`. */
  anchors: ReadonlySet<string>;
}

const FENCE = /^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm;

/** Every page that is written by hand. */
export function pagesOf(root: string): Page[] {
  return globSync(['*.md', 'docs/**/*.md', 'examples/{*,data/*}.md'], { cwd: root })
    .sort()
    .map((path) => parsePage(path, readFileSync(join(root, path), 'utf8')));
}

/** Takes one page apart. */
export function parsePage(path: string, text: string): Page {
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  const blocks = [...text.matchAll(FENCE)].map((match) => ({
    place: `${path}:${lineAt(match.index)}`,
    page: path,
    language: match[1] ?? '',
    words: (match[2] ?? '').split(' ').filter((word) => word !== ''),
    text: match[3] ?? '',
  }));
  const prose = text.replace(FENCE, (block) => block.replace(/[^\n]/g, ' '));
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({
    line: lineAt(match.index),
    target: match[1] ?? '',
  }));
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map((match) => slugOf(match[1] ?? ''));
  return { path, text, blocks, links, anchors: new Set(headings) };
}

function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The words of each call of `awp` in a block for a shell, without what surrounds the call. */
export function awpCalls(text: string): string[][] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => callsIn(words(line)));
}

function callsIn(all: readonly string[]): string[][] {
  const calls: string[][] = [];
  let call: string[] | undefined;
  for (const word of all) {
    if (/^(\||\|\||&&|;|>|>>|2>|<|#.*)$/.test(word)) call = undefined;
    else if (call) call.push(word);
    else if (word === 'awp') {
      call = [];
      calls.push(call);
    }
    if (word.startsWith('#')) break;
  }
  return calls;
}

/** Words as a shell sees them; only what the pages use: quotes and comments. */
function words(line: string): string[] {
  return [...line.matchAll(/#.*$|(?:"[^"]*"|'[^']*'|[^\s"'#])(?:"[^"]*"|'[^']*'|[^\s"'])*/g)].map(
    ([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, a, b) => a ?? b),
  );
}
