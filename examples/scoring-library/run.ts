/**
 * Runs the workflow with answers that are written here: `node examples/scoring-library/run.ts`. The tools
 * are real: they are checked, tried and called in the sandbox of this machine. In your own project the
 * imports are `awp-agents` and `awp-agents/testing`.
 */
import { loadWorkflow } from '../../src/index.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/testing.ts';

const MEDIAN = `const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
};
const robust = (list) => {
  const center = median(list);
  const spread = 1.4826 * median(list.map((one) => Math.abs(one - center)));
  return list.map((one) => (spread === 0 ? 0 : (one - center) / spread));
};`;

const ROBUST_Z = `${MEDIAN}
export function handler({ values }) {
  if (values.length === 0) return { ok: false, status: 400, data: {}, error: 'there are no values' };
  const scores = robust(values).map((one) => Math.round(one * 100) / 100);
  return { ok: true, status: 200, data: { scores } };
}`;

const QUALITY = `${MEDIAN}
export function handler({ values, limit = 3.5 }) {
  const there = values.filter((one) => one !== null);
  if (there.length === 0) return { ok: false, status: 400, data: {}, error: 'there are no values' };
  const good = robust(there).filter((one) => Math.abs(one) <= limit).length;
  return { ok: true, status: 200, data: { score: good / values.length, gaps: values.length - there.length } };
}`;

const numbers = { type: 'array', items: { type: 'number' } };
const withGaps = { type: 'array', items: { type: ['number', 'null'] } };
const DRAFTS = [
  {
    name: 'scoring.robust_z',
    description:
      'Robust z-scores: the distance of each value from the median, in units of the usual distance.',
    parameters: { type: 'object', properties: { values: numbers }, required: ['values'] },
    code: ROBUST_Z,
  },
  {
    name: 'scoring.quality',
    description: 'The share of values that are there and no outliers; null is a gap.',
    parameters: {
      type: 'object',
      properties: { values: withGaps, limit: { type: 'number', default: 3.5 } },
      required: ['values'],
    },
    code: QUALITY,
  },
];

/** What the builder answers: a program that makes both tools and tries one. */
const BUILDER = `Both tools are made and tried.

\`\`\`javascript
export async function solve(sdk) {
  const tools = [];
  for (const draft of ${JSON.stringify(DRAFTS)}) {
    const { name } = await sdk.tools.create(draft);
    tools.push(name);
  }
  const { scores } = await sdk.scoring.robust_z({ values: [1, 2, 3, 100] });
  if (!(scores[3] > 3.5)) throw new Error('the outlier was not found');
  return { tools, confidence: 1 };
}
\`\`\``;

const FIRST = [11.9, 12.1, 12.0, 11.8, 12.2, 19.5, 12.0, 11.9];
const SECOND = [12.0, 12.1, null, 11.9, 12.0, 12.1, 11.9, 12.0];
const call = (name: string, args: object): ScriptedAnswer => ({
  toolCalls: [{ name, args: { ...args } }],
});

const model = scriptedModel(({ headers, messages }) => {
  const said = messages.flatMap(({ role, text }) =>
    role === 'tool' ? [JSON.parse(text).data] : [],
  );
  switch (headers['x-awp-agent']) {
    case 'builder':
      return BUILDER;
    case 'analyst': {
      const [z, quality] = said;
      if (!z) return call('scoring.robust_z', { values: FIRST });
      if (!quality) return call('scoring.quality', { values: FIRST });
      const scores: number[] = z.scores.map(Math.abs);
      const outlier = FIRST[scores.indexOf(Math.max(...scores))];
      return { outlier, quality: quality.score, confidence: 1 };
    }
    case 'scorer': {
      const [quality] = said;
      if (!quality) return call('scoring.quality', { values: SECOND });
      return { ...quality, confidence: 1 };
    }
    default: {
      const heard = messages.at(-1)?.text ?? '';
      const score = /"score": ?([\d.]+)/.exec(heard)?.[1];
      if (score) {
        const summary = `The second row has a quality of ${score}.`;
        return { decision: 'complete', final_result: { summary }, confidence: 1 };
      }
      const instructions = 'Score the row "second" of the state with scoring.quality.';
      return { decision: 'delegate', delegations: [{ worker_id: 'scorer', instructions }] };
    }
  }
});

const workflow = await loadWorkflow(import.meta.dirname);
const { status, result, metadata } = await workflow.run({ model });
const { analyst, review } = result;
console.log(`${status}: ${JSON.stringify({ analyst, review })}`);
for (const { name, creator, calls, reused } of metadata.createdTools ?? []) {
  console.log(`${name}, made by ${creator}: ${calls} calls, ${reused} of them by others`);
}
console.log(`awp tools list ${metadata.runId}`);
