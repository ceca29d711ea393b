import { namespaceOf } from '../../base/tool-names.ts';
import type { Job } from './envelopes.ts';
import type { Look } from './look.ts';
import { MAKES } from './make-tool.ts';
import { type MakingNews, scoreTool, skillsFor } from './making.ts';
import { SCORE_ABOUT, SCORE_TRIAL, scoreSkill, VERDICTS } from './score-tool.ts';
import { columnJson, quoted, tableJson, tableText } from './table-words.ts';

/** The job of a worker that uses the tool. */
export const SCORES = 'scores';

/** Work around a tool of the demo's own, where its loop lets workers make tools. */
interface Scoring {
  /** Has the tool made; undefined when it is there. */
  make: Job | undefined;
  /** Uses it on the columns of the table. */
  score: Job;
  isThere: boolean;
}

/** What must be left to begin with it: the report is worth more. */
const LEAST = { workers: 8, tools: 24 };
/** Turns that it takes from the making, or from the scoring, to the end. */
const TURNS = { make: 4, score: 3 };
/** Values of one column that are handed to the tool in one call. */
const MOST_VALUES = 2000;

/** Undefined where no tool can be made and none is there, or where there is no room for it. */
export function scoringOf(look: Look): Scoring | undefined {
  const { prompt, standing } = look;
  const { making, means } = prompt;
  const tool = making && scoreTool(making);
  if (!making || !tool) return undefined;
  const { name, isThere } = tool;
  const turns = means.turns - prompt.turn + 1;
  const isUsed = standing.has(SCORES);
  if (isThere) {
    if (turns < TURNS.score && !isUsed) return undefined;
    const wasMade = standing.has(MAKES);
    return { isThere, make: undefined, score: scoreJob(look, { making, name, wasMade }) };
  }
  const isTried = (standing.get(MAKES)?.attempts ?? 0) > 0;
  const hasRoom = means.workersLeft >= LEAST.workers && means.toolsLeft >= LEAST.tools;
  if (isTried || !hasRoom || turns < TURNS.make) return undefined;
  const score = scoreJob(look, { making, name, wasMade: true });
  return { isThere, make: makeJob(making, name), score };
}

function makeJob(making: MakingNews, tool: string): Job {
  const { args, finds } = SCORE_TRIAL;
  return {
    id: MAKES,
    about: `Make the tool ${tool}`,
    text: `Make the tool ${tool}, in JavaScript. It takes "values", the cells of a column with null for one that holds no number, and "limit" (3.5 when left out). ${SCORE_ABOUT} A z-score is the distance from the median, divided by 1.4826 times the median distance, or by 1.2533 times the mean distance where that is 0. It returns score (one decimal), values, gaps, outliers, center, spread and farthest (the largest z-score), and ok: false with status 422 where there is no number. Then try it with ${JSON.stringify(args)}: it must find ${JSON.stringify(finds)}.`,
    parameters: { tool },
    needs: [],
    writes: [],
    tools: ['tools.create'],
    codemode: {
      enabled: true,
      tool_creation: true,
      tool_creation_namespace: namespaceOf(tool),
      max_tools: 1,
    },
    skills: skillsFor(making, scoreSkill(tool)),
  };
}

function scoreJob(
  { table, plan }: Look,
  { making, name, wasMade }: { making: MakingNews; name: string; wasMade: boolean },
): Job {
  const names = plan.measures.map(quoted).join(', ');
  return {
    id: SCORES,
    about: `Score the columns with ${name}`,
    text: `Score ${names} with the tool ${name}: from a program, one call for each column, with all its cells in order and null for those that hold no number; of a table with more than ${MOST_VALUES} rows every k-th row, so that no more than ${MOST_VALUES} are taken.\n${tableText(table)}\nCall a column clean from ${VERDICTS.clean} on, usable from ${VERDICTS.usable} on, and doubtful below. Write output/scores.json: tool, rows, step (that k), and of each column name, verdict and what the tool returned.`,
    parameters: {
      table: tableJson(table),
      measures: plan.measures.map(columnJson),
      tool: name,
      most: MOST_VALUES,
      verdicts: { ...VERDICTS },
    },
    needs: wasMade ? [MAKES] : [],
    writes: ['scores.json'],
    tools: ['code.execute', name],
    skills: skillsFor(making, scoreSkill(name)),
  };
}
