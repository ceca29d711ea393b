import { agentFile, head, type Template } from './template.ts';

/** An agent with a tool of the workflow itself. */
export const tools: Template = {
  name: 'tools',
  summary: 'an agent with a tool of your own',
  level: 'A0',
  next: 'awp run . -m ollama/qwen3 --trust',
  files: (name) => ({
    'workflow.awp.yaml': `${head(name, 'Counts the words of a text with a tool of its own.', 'A0')}orchestration:
  graph:
    - id: counter
      agent: counter
capabilities:
  custom_tools:
    source_dir: mcp
    declarations:
      - fqn: words.count
        description: Counts the words of a text.
        file: mcp/words.py
        parameters:
          type: object
          properties:
            text: { type: string }
          required: [text]
        returns:
          type: object
          properties:
            count: { type: integer }
        async: true
        meta: { side_effects: false, idempotent: true, deterministic: true, cost: free }
`,
    'mcp/words.py': `"""A tool of this workflow."""
from awp.tools import tool


@tool("words.count")
async def count(text: str) -> dict:
    """Counts the words of a text."""
    return {"count": len(text.split())}
`,
    'agents/counter/agent.awp.yaml': agentFile({
      id: 'counter',
      role: 'Counter',
      description: 'Says how many words a text has.',
      contract: 'count: { type: integer }\nconfidence: { type: number, description: "0 to 1" }',
      more: `capabilities:
  tools:
    enabled: true
    allowed: ["words.*"]
`,
    }),
    'agents/counter/workflow/instructions/SYSTEM_PROMPT.md': `You count words with the tool \`words.count\`; you never count yourself.

Answer with JSON: \`count\`, and \`confidence\`, 0 to 1.
`,
  }),
};
