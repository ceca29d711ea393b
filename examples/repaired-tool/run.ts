/**
 * A worker makes a tool with a mistake in it, and a model puts it right; the answers are written here:
 * `node examples/repaired-tool/run.ts`. In your own project the imports are `awp-agents` and
 * `awp-agents/testing`.
 */
import { loadWorkflow } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing.ts';

const WAITED = [4, 18, 7, 3, 5];

/** Without values, as in its trial, it reads what is not there. */
const BROKEN = `export function handler({ minutes }) {
  const sorted = minutes.sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return { ok: true, status: 200, data: { middle: middle.toFixed(1) } };
}`;

const MENDED = `export function handler({ minutes }) {
  if (minutes.length === 0) return { ok: false, status: 400, data: {}, error: 'nobody waited' };
  const sorted = [...minutes].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const middle = (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
  return { ok: true, status: 200, data: { middle } };
}`;

const parameters = {
  type: 'object',
  properties: { minutes: { type: 'array', items: { type: 'number' } } },
  required: ['minutes'],
};
const description = 'The middle of some waiting times, in minutes.';
const create = {
  name: 'waiting.middle',
  description,
  parameters,
  language: 'javascript',
  code: BROKEN,
};

const model = scriptedModel(({ headers, messages }) => {
  const who = headers['x-awp-agent'] ?? '';
  const said = messages.flatMap(({ role, text }) => (role === 'tool' ? [JSON.parse(text)] : []));
  if (who.startsWith('repair_')) return { code: MENDED };
  if (who === 'clerk') {
    if (said.length === 0) return { toolCalls: [{ name: 'tools.create', args: create }] };
    if (said.length === 1)
      return { toolCalls: [{ name: 'waiting.middle', args: { minutes: WAITED } }] };
    return { middle: said[1].data.middle, confidence: 1 };
  }
  const [, middle] = /"middle": ?([\d.]+)/.exec(messages.at(-1)?.text ?? '') ?? [];
  if (middle !== undefined) {
    const summary = `Half of all wait for ${middle} minutes or less.`;
    return { decision: 'complete', final_result: { summary }, confidence: 1 };
  }
  const instructions = `Make a tool waiting.middle and use it on ${WAITED.join(', ')} minutes.`;
  const codemode = { enabled: true, tool_creation: true, repair_attempts: 1 };
  return { decision: 'delegate', delegations: [{ worker_id: 'clerk', instructions, codemode }] };
});

const workflow = await loadWorkflow(import.meta.dirname);
const run = workflow.start({ model });
for await (const { type, data } of run.events()) {
  if (type === 'tool.checked') {
    const { stage, attempt, ok, problem } = data;
    console.log(`draft ${attempt}, ${stage}: ${ok ? 'good' : problem?.error}`);
  }
  if (type === 'tool.created')
    console.log(`made ${data.tool.name} after ${data.tool.repairs} repair`);
}
const { status, text, metadata } = await run.result;
console.log(`${status}: ${text}`);
console.log(`awp tools show ${metadata.runId} waiting.middle`);
