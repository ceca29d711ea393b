import { agentFile, head, type Template } from './template.ts';

/** Two agents, one after the other. */
export const pipeline: Template = {
  name: 'pipeline',
  summary: 'a planner and a writer, one after the other',
  level: 'A1',
  next: 'awp run . -m ollama/qwen3',
  files: (name) => ({
    'workflow.awp.yaml': `${head(name, 'Plans a text and writes it.', 'A1')}orchestration:
  graph:
    - id: planner
      agent: planner
      share_output: [outline]
    - id: writer
      agent: writer
      depends_on: [planner]
      share_input:
        planner: [outline]
state:
  sharing: { strategy: full }
`,
    'agents/planner/agent.awp.yaml': agentFile({
      id: 'planner',
      role: 'Planner',
      description: 'Plans what the text says, point by point.',
      contract:
        'outline: { type: array, items: { type: string } }\nconfidence: { type: number, description: "0 to 1" }',
    }),
    'agents/planner/workflow/instructions/SYSTEM_PROMPT.md': `You plan texts. List three to seven points, in order.

Answer with JSON: \`outline\`, a list of short sentences, and \`confidence\`, 0 to 1.
`,
    'agents/writer/agent.awp.yaml': agentFile({
      id: 'writer',
      role: 'Writer',
      description: 'Writes the text from the plan.',
      contract: 'text: { type: string }\nconfidence: { type: number, description: "0 to 1" }',
    }),
    'agents/writer/workflow/instructions/SYSTEM_PROMPT.md': `You write plain, short texts and keep to the plan.

Answer with JSON: \`text\` in Markdown, and \`confidence\`, 0 to 1.
`,
  }),
};
