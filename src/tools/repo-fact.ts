import type { JsonObject } from '../base/json.ts';
import { suffixOf } from '../base/paths.ts';
import type { Tool, ToolContext, ToolResult, Workspace } from '../ports/tool.ts';
import { isBinary } from './binary.ts';
import { cutText, encodingOf } from './file-text.ts';
import { paragraphsOf, wordStart, wordsOf } from './repo-paragraphs.ts';
import { type RankedHit, Ranking } from './repo-ranking.ts';
import { failure, numberOf, success, textOf } from './results.ts';

/** Files that are looked at (spec, capabilities 1.5). */
const SUFFIXES = new Set('md markdown txt rst py json yaml yml csv ini cfg'.split(' '));
const MOST_FILE_BYTES = 2 * 1024 * 1024;
/** Bytes of all files together: reading more would take longer than a call may. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_SNIPPET = 400;
const USUAL_SNIPPETS = 3;
/** Words of a question that count. */
const MOST_WORDS = 64;
/** Characters that a snippet shows before the word that it is shown for. */
const LEAD = 80;

/** `repo.fact`: the paragraphs of the input files that fit a question best. */
export const repoFact: Tool = {
  name: 'repo.fact',
  description:
    'Find the paragraphs of the text files below inputs/ that fit a question best. Returns path, offset (in characters), snippet and score, best first.',
  parameters: {
    type: 'object',
    properties: {
      query: { type: 'string', minLength: 1, maxLength: 1000 },
      max_snippets: { type: 'integer', minimum: 1, maximum: 20, default: USUAL_SNIPPETS },
    },
    required: ['query'],
    additionalProperties: false,
  },
  idempotent: true,
  grant: 'explicit',
  run: findFacts,
};

async function findFacts(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const words = [...new Set(wordsOf(textOf(args, 'query') ?? ''))].slice(0, MOST_WORDS);
  if (words.length === 0) return failure(400, 'there is no word in the query');
  const ranking = new Ranking(words, numberOf(args, 'max_snippets') ?? USUAL_SNIPPETS);
  const leftOut = await readAll(ranking, context);
  const facts = [];
  for (const hit of ranking.best()) {
    const text = await textAt(context.workspace, hit.path);
    facts.push(factOf(hit, text ?? '', (word) => ranking.weightOf(word)));
  }
  return { ...success(facts), ...(leftOut !== '' && { log: leftOut }) };
}

/** Ranks all paragraphs; returns which files were left out, in words, if any were. */
async function readAll(ranking: Ranking, { workspace, signal }: ToolContext): Promise<string> {
  const files = (await workspace.list('inputs')).filter(({ path }) => SUFFIXES.has(suffixOf(path)));
  let left = MOST_BYTES;
  let skipped = 0;
  for (const { path, bytes } of files) {
    signal.throwIfAborted();
    if (bytes > MOST_FILE_BYTES || bytes > left) {
      skipped++;
      continue;
    }
    left -= bytes;
    const text = await textAt(workspace, path);
    for (const paragraph of paragraphsOf(text ?? '')) {
      const { offset } = paragraph;
      ranking.add(paragraph.text, { path, offset, end: offset + paragraph.text.length });
    }
  }
  return skipped === 0 ? '' : `${skipped} files were left out because of their size`;
}

/** The text of a file; undefined when it is none in truth. */
async function textAt(workspace: Workspace, path: string): Promise<string | undefined> {
  const { bytes } = await workspace.read(path, MOST_FILE_BYTES);
  return isBinary(path, bytes) ? undefined : new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** A long paragraph is shown from just before its rarest word, so that the snippet has it. */
function factOf(hit: RankedHit, text: string, weightOf: (word: string) => number): JsonObject {
  const paragraph = text.slice(hit.offset, hit.end);
  const from = paragraph.length <= MOST_SNIPPET ? 0 : snippetStart(paragraph, weightOf);
  return {
    path: hit.path,
    offset: hit.offset + from,
    snippet: cutText(paragraph.slice(from), MOST_SNIPPET).text,
    score: hit.score,
  };
}

function snippetStart(paragraph: string, weightOf: (word: string) => number): number {
  const at = wordStart(paragraph, weightOf);
  if (at + LEAD <= MOST_SNIPPET) return 0;
  const earliest = at - LEAD;
  // It starts at the beginning of a word, which also keeps surrogate pairs whole.
  const gap = /\s/.exec(paragraph.slice(earliest, at));
  return gap === null ? at : earliest + gap.index + 1;
}
