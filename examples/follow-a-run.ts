/**
 * Follows a run while it works, stops it in the middle, and goes on with it: what its log holds is
 * not done again. In your own project the import is `awp-agents`.
 */
import { join } from 'node:path';
import { AgentWorkflow, file, resumeRun } from '../src/index.ts';

const table = join(import.meta.dirname, 'sales-report/sales.csv');
const workflow = new AgentWorkflow({
  inputs: { sales: file(table) },
  task: 'Find the peak month, compare the regions and write a report',
  model: process.env.LLM_MODEL ?? 'demo',
  budget: { loops: 6, tokens: 200_000, time: '3m' },
});

const first = workflow.start();
for await (const event of first.events()) {
  console.log(event.seq, event.type);
  if (event.type === 'agent.finished') await first.cancel('enough for now');
}
const { status, metadata } = await first.result;
console.log(`${status}; the run is ${metadata.runId}`);

const second = resumeRun(metadata.runId);
for await (const event of second.events(1)) {
  if (event.type === 'run.resumed') console.log(event.seq, 'resumed');
}
const result = await second.result;
console.log(result.status, result.text);
console.log(`${result.usage.modelCalls} model calls in both parts`);
