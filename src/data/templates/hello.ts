import { agentFile, head, type Template } from './template.ts';

/** One agent, one answer. */
export const hello: Template = {
  name: 'hello',
  summary: 'one agent that greets',
  level: 'A0',
  next: 'awp run . -m ollama/qwen3',
  files: (name) => ({
    'workflow.awp.yaml': `${head(name, 'Greets the reader.', 'A0')}orchestration:
  graph:
    - id: greeter
      agent: greeter
`,
    'agents/greeter/agent.awp.yaml': agentFile({
      id: 'greeter',
      role: 'Greeter',
      description: 'Greets the reader in one sentence.',
      contract: 'greeting: { type: string }\nconfidence: { type: number, description: "0 to 1" }',
    }),
    'agents/greeter/workflow/instructions/SYSTEM_PROMPT.md': `You greet the reader.

Answer with JSON: \`greeting\`, one friendly sentence that fits the task, and \`confidence\`, 0 to 1.
`,
  }),
};
