import type { JsonObject } from '../../base/json.ts';
import type { Reply } from './making.ts';
import { text } from './prompt-text.ts';
import type { WorkerAnswer, WorkerPrompt } from './read-prompt.ts';
import { SCORE_TRIAL, scoreDraft } from './score-tool.ts';

/** The job of a worker that makes the tool. */
export const MAKES = 'score_tool';
/** How sure its maker is of a tool that it has tried. */
const CONFIDENCE = 0.95;

/** The next answer of a worker that makes the tool: it makes it, tries it, and reports what it found. */
export function makeTool({ tools, replies }: WorkerPrompt, job: JsonObject): WorkerAnswer {
  const tool = text(job.tool);
  const made = replies.findLast(({ name }) => name === 'tools.create');
  if (!made && tools.has('tools.create')) {
    return { text: '', call: { name: 'tools.create', args: scoreDraft(tool) } };
  }
  if (!made?.ok) return report(failure(made?.error || 'it can make no tools'));
  const trial = replies.findLast(({ name }) => name === tool);
  if (!trial && tools.has(tool)) {
    return { text: '', call: { name: tool, args: { values: [...SCORE_TRIAL.args.values] } } };
  }
  return report(trial ? tried(tool, made, trial) : failure(`${tool} cannot be called`));
}

function tried(tool: string, made: Reply, { ok, data, error }: Reply): JsonObject {
  const wrong = Object.entries(SCORE_TRIAL.finds).filter(([name, value]) => data[name] !== value);
  if (!ok || wrong.length > 0) {
    const found = wrong.map(([name]) => `${name} ${JSON.stringify(data[name] ?? null)}`).join(', ');
    return failure(error || `the trial found ${found}`);
  }
  const { code_hash, cache_hit, repaired } = made.data;
  return {
    summary: `Made ${tool} and tried it: it found ${data.outliers} outlier and ${data.gaps} gap in ${data.values} cells.`,
    figures: {
      tool,
      code_hash: code_hash ?? null,
      ...(cache_hit === true && { cache_hit }),
      ...(repaired === true && { repaired }),
      trial: data,
    },
    confidence: CONFIDENCE,
  };
}

function failure(error: string): JsonObject {
  return { summary: `The tool was not made: ${error}`, figures: {}, error, confidence: 0 };
}

function report(said: JsonObject): WorkerAnswer {
  return { text: JSON.stringify(said) };
}
