import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import { agentFile } from '../data/graph-make.ts';
import { apiError, say } from '../fault-server/answers.ts';
import type { Answer, Handler, RecordedRequest } from '../fault-server/server.ts';
import { only } from '../make.ts';
import type { Story } from './story.ts';

const header = (name: string): string =>
  `awp: "1.0.0"\nworkflow: { name: ${name}, version: 1.0.0, description: Tell of ${name}., autonomy: A0 }\n`;

/** Retries, a fan-out, an approval, then a loop beside a sub-workflow with code, and an end. */
const FLOW = `${header('flow')}orchestration:
  graph:
    - { id: planner, agent: planner }
    - id: shaky
      agent: shaky
      retry: { max_attempts: 2, backoff: linear, backoff_base: 0.05, retryable_errors: [auth_error], non_retryable_errors: [] }
    - id: reader
      agent: reader
      depends_on: [planner]
      fan_out: { source: planner.topics, variable: topic, max_parallel: 2 }
      fan_in: { strategy: merge }
    - { id: release, agent: release, depends_on: [reader, shaky], approval: after }
    - id: editor
      agent: editor
      depends_on: [release]
      loop: { type: standard, max_iterations: 3, condition: result.score < 0.8 }
    - id: part
      type: subworkflow
      subworkflow: part
      depends_on: [release]
      input_mapping: { text: state.release.text }
      output_mapping: { words: counter.words }
    - { id: end, agent: end, depends_on: [editor, part] }
state: { sharing: { strategy: full } }
`;

const PART = `${header('part')}orchestration:
  graph:
    - { id: outline, agent: outline }
    - { id: counter, agent: counter, depends_on: [outline] }
state: { sharing: { strategy: full } }
`;

/** Leaves a line for each time that it has done its work: a file has no log that could hide one. */
const COUNTER = `import { appendFileSync } from 'node:fs';
import type { AgentCall, AgentOutput } from 'awp-agents';
export default async function count(call: AgentCall): Promise<AgentOutput> {
  const { text } = await call.ask('A title, please.');
  const sum = await call.tools.call('arithmetic.add', { a: 2, b: 3 });
  appendFileSync('../effects.log', 'counter\\n');
  return { title: text, words: (sum.data as { result: number }).result };
}
`;

const OPEN = 'output: { format: json, contract: { confidence: number } }';
const TOOLS = 'capabilities: { tools: { enabled: true, allowed: [file.write, arithmetic.add] } }';

function agents(below: string, made: Readonly<Record<string, string>>): Record<string, string> {
  const files = Object.entries(made).map(([id, more]) => [
    `${below}/agents/${id}/agent.awp.yaml`,
    agentFile(id, `${OPEN}\n${more}`),
  ]);
  return Object.fromEntries(files);
}

const FILES: Readonly<Record<string, string>> = {
  'flow/workflow.awp.yaml': FLOW,
  ...agents('flow', { planner: '', shaky: '', reader: TOOLS, release: '', editor: '', end: '' }),
  'flow/part/workflow.awp.yaml': PART,
  ...agents('flow/part', { outline: '', counter: TOOLS }),
  'flow/part/agents/counter/agent.ts': COUNTER,
};

const TOPICS = ['ebb', 'flood', 'slack'];
const sure = (more: JsonObject): string => JSON.stringify({ ...more, confidence: 1 });
const nameOf = ({ headers }: RecordedRequest): string => String(headers['x-awp-agent']);

/** A reader's topic is in what it is asked. Its file would be longer if it were written twice. */
function read({ body }: RecordedRequest): Answer | string {
  const [, topic = 'none'] =
    /## Item[^<]*<[^>]*>\n(\w+)/.exec(body.messages[1]?.content ?? '') ?? [];
  if (body.messages.at(-1)?.role === 'tool') return sure({ topic });
  const args = { path: `output/${topic}.txt`, content: `${topic}\n`, mode: 'append' };
  return say({ toolCalls: [{ name: 'file__write', arguments: JSON.stringify(args) }] });
}

const handler: Handler = (request) => {
  const [name = '', run = '1'] = nameOf(request).split(/-(?=\d+$)/);
  const answers: Readonly<Record<string, () => Answer | string>> = {
    planner: () => sure({ topics: TOPICS }),
    shaky: () => (run === '1' ? apiError(401, 'not yet') : sure({ text: 'at last' })),
    reader: () => read(request),
    release: () => sure({ text: 'The tide.' }),
    editor: () => sure({ score: Number(run) * 0.4 }),
    outline: () => sure({ parts: 2 }),
    counter: () => 'A title',
    end: () => sure({ text: 'All told.' }),
  };
  return answers[name]?.() ?? apiError(400, `nobody knows ${name}`);
};

/** Which question of its agent it is. What code asks has a new number in each process, but it asks once. */
function keyOf(name: string, number: number | string | undefined): string {
  return name === 'counter' ? 'title of counter' : `${name} ${number}`;
}

function keyOfRequest(request: RecordedRequest): string {
  return keyOf(nameOf(request), request.body.messages.length / 2);
}

function recordedKeys(log: readonly RunEvent[]): string[] {
  const names = new Map(
    only(log, 'agent.started').map(({ agent, data }) => [agent, data.name] as const),
  );
  const questions = log.flatMap((event) => {
    const isEnd =
      event.type === 'model.responded' ||
      (event.type === 'model.failed' && event.data.retryInMs === undefined);
    if (!isEnd) return [];
    return [keyOf(names.get(event.agent) ?? '', event.data.call.split('/')[1])];
  });
  const done = only(log, 'agent.finished').map(({ agent }) => names.get(agent));
  return done.includes('counter') ? [...questions, 'work of counter'] : questions;
}

/** A graph of nodes of all kinds. */
export const graphStory: Story = {
  ...{ name: 'graph', files: FILES, handler, keyOfRequest, recordedKeys },
  effects(folder) {
    const path = join(folder, 'effects.log');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
    return new Map([['work of counter', lines]]);
  },
  workplace: 'flow',
};
