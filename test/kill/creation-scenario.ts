import { agentFile } from '../data/graph-make.ts';
import { say } from '../fault-server/answers.ts';
import type { Handler, RecordedRequest } from '../fault-server/server.ts';
import { recordedKeys, type Story } from './story.ts';

const FLOW = `awp: "1.0.0"
workflow: { name: flow, version: 1.0.0, description: Add up., autonomy: A0 }
orchestration:
  graph:
    - { id: builder, agent: builder }
    - { id: user, agent: user, depends_on: [builder] }
state: { sharing: { strategy: full } }
dynamic_tools: { enabled: true, allowed_namespaces: [stats], dry_run: true }
`;

const OPEN = 'output: { format: json, contract: { sum: number, confidence: number } }';
const BUILDER = `${OPEN}
capabilities:
  tools: { enabled: true, allowed: ["stats.*", "tools.*", file.write] }
  sandbox: { type: subprocess }
  codemode: { enabled: true, language: javascript, tool_creation: true, tool_creation_namespace: stats, max_tools: 2, repair_attempts: 1 }`;
const USER = `${OPEN}\ncapabilities: { tools: { enabled: true, allowed: ["stats.*"] } }`;

const PARAMETERS = {
  type: 'object',
  properties: { values: { type: 'array', items: { type: 'number' } } },
  required: ['values'],
};
const GOOD = `function handler({ values }) {
  return { ok: true, status: 200, data: { sum: values.reduce((a, b) => a + b, 0) } };
}`;
const BROKEN = GOOD.replace('=> a + b, 0) }', '=> a + b, 0)');

/** Makes a tool that has to be repaired, calls it, and writes a file. */
const PROGRAM = `export async function solve(sdk) {
  const args = [${JSON.stringify(PARAMETERS)}, ${JSON.stringify(BROKEN)}];
  const made = await sdk.tools.create('stats.sum', 'adds numbers up', ...args);
  const { sum } = await sdk.stats.sum({ values: [1, 2, 3] });
  await sdk.file.write('output/sum.txt', made.name + ' repaired: ' + made.repaired);
  return { sum, confidence: 1 };
}`;

function nameOf({ headers }: RecordedRequest): string {
  return String(headers['x-awp-agent']);
}

const handler: Handler = (request) => {
  const name = nameOf(request);
  if (name === 'builder') return `I do it.\n\n\`\`\`javascript\n${PROGRAM}\n\`\`\`\n`;
  if (name === 'repair_builder') return JSON.stringify({ code: GOOD });
  const last = request.body.messages.at(-1);
  if (last?.role === 'tool') {
    const sum = Number(/"sum":(\d+)/.exec(last.content ?? '')?.[1]);
    return JSON.stringify({ sum, confidence: 1 });
  }
  return say({ toolCalls: [{ name: 'stats__sum', arguments: '{"values":[4,5]}' }] });
};

/**
 * An agent in code mode whose program makes a tool that a model has to put right, and calls it; a later
 * agent calls it as well.
 */
export const creationStory: Story = {
  name: 'creation',
  files: {
    'flow/workflow.awp.yaml': FLOW,
    'flow/agents/builder/agent.awp.yaml': agentFile('builder', BUILDER),
    'flow/agents/user/agent.awp.yaml': agentFile('user', USER),
  },
  ...{ handler, recordedKeys },
  keyOfRequest(request) {
    const answered = request.body.messages.filter(({ role }) => role === 'assistant').length;
    return `${nameOf(request)} ${answered + 1}`;
  },
};
