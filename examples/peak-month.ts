/** The shortest program: three rows, a task, the demo model. In your own project the import is `awp-agents`. */
import { AgentWorkflow } from '../src/index.ts';

const workflow = new AgentWorkflow({
  inputs: { data: { revenue: [100, 200, 150], month: ['Jan', 'Feb', 'Mar'] } },
  task: 'Find the peak month and chart the trend',
  model: process.env.LLM_MODEL ?? 'demo',
});
const { status, text, artifacts } = await workflow.run();

console.log(status, text);
for (const { path } of artifacts) console.log(path);
