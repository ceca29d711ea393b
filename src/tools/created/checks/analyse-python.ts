import { fileURLToPath } from 'node:url';
import { isObject, type JsonObject, parseJson } from '../../../base/json.ts';
import type { ToolDraft } from '../../../events/creation.ts';
import type { Execution } from '../../../ports/sandbox.ts';
import type { DraftContext } from '../../../ports/toolsmith.ts';
import { trialPolicy } from '../place.ts';
import type { Analysis, Unread } from './analysis.ts';
import { placeText } from './problem.ts';
import { readAnalysis } from './read-analysis.ts';
import { DUNDERS, PYTHON_CONSTRUCTS, PYTHON_MODULES, REACHED_MODULES, SIGNS } from './rules.ts';

/** Time for reading one draft; what takes longer is no program that anybody has to run. */
const READ_MS = 10_000;
/** Characters of what our program finds, all its lists being full. */
const FOUND_CHARS = 500_000;

/** The text of the program in the box; read once. */
let program: string | undefined;

/** What the program in the box looks for: it has no rules of its own. */
const RULES = {
  names: [...PYTHON_CONSTRUCTS.names.keys()],
  ownable: [...PYTHON_CONSTRUCTS.ownable],
  fields: [...PYTHON_CONSTRUCTS.fields.keys()],
  calls: [...PYTHON_CONSTRUCTS.calls.keys()],
  dunders: DUNDERS.split(' '),
  modules: REACHED_MODULES.split(' '),
  roots: [...PYTHON_MODULES.keys()],
  words: SIGNS,
};

/**
 * Reads Python in the box, with a program of ours that gets the code as data and never runs it.
 * Rejects with the reason of the context's signal, and with `sandbox/...` when there is no box.
 */
export async function analysePython(
  { code }: Pick<ToolDraft, 'code'>,
  context: DraftContext,
): Promise<Analysis | Unread> {
  const { signal, effects, sandboxPolicy } = context;
  const sandbox = await context.sandbox();
  if (!sandbox.languages.some(({ language }) => language === 'python')) return noPython();
  program ??= await effects.files.readText(fileURLToPath(new URL('./analyse.py', import.meta.url)));
  const execution = await sandbox.run(
    {
      language: 'python',
      code: (await sandbox.compiled?.(program)) ?? program,
      timeoutMs: READ_MS,
      // The box in which tools without capabilities are run: one that is ready for them will do.
      policy: { ...trialPolicy(sandboxPolicy), outputChars: FOUND_CHARS },
      ...{ inputs: undefined, shared: undefined, output: [] },
      stdin: new TextEncoder().encode(JSON.stringify({ source: code, rules: RULES })),
    },
    signal,
  );
  signal.throwIfAborted();
  return answerOf(execution);
}

function noPython(): Unread {
  return {
    unread: 'the sandbox has no Python',
    hint: 'write the tool in a language that the sandbox has',
    repairable: false,
  };
}

/** Only the first line counts: nobody but our program has written to it. */
function answerOf({ stdout, stopped, limits }: Execution): Analysis | Unread {
  const answer = parseJson(stdout.split('\n', 1)[0] ?? '');
  if (isObject(answer) && Object.hasOwn(answer, 'unread')) return unreadOf(answer);
  const analysis = readAnalysis(answer);
  if (analysis) return analysis;
  const limit = stopped ?? limits[0];
  const why = limit === undefined ? '' : ` within the limits of the sandbox (${limit})`;
  const unread = `the code cannot be read${why}`;
  // A machine with a lot to do may be the reason.
  return { unread, hint: 'make it simpler', repairable: true, again: true };
}

function unreadOf({ unread, line, column }: JsonObject): Unread {
  const known = typeof line === 'number' && typeof column === 'number';
  const place = known ? `${placeText({ line, column })}: ` : '';
  return {
    unread: `${place}the code cannot be read: ${String(unread).slice(0, 500)}`,
    hint: 'correct it there; the mistake may be at the end of the line before',
    repairable: true,
  };
}
