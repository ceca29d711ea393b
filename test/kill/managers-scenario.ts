import type { JsonObject } from '../../src/base/json.ts';
import { say } from '../fault-server/answers.ts';
import type { Handler, RecordedRequest } from '../fault-server/server.ts';
import { complete, delegate } from '../make.ts';
import { recordedKeys, type Story } from './story.ts';

const DATA = 'a,b\n1,10\n2,20\n3,30\n';

/** Sums a column up and writes a file, longer if it were written twice. */
function program(column: number, file: string): string {
  return `import { appendFileSync, readFileSync } from 'node:fs';
const rows = readFileSync('inputs/data.csv', 'utf8').trim().split('\\n').slice(1);
const sum = rows.reduce((all, row) => all + Number(row.split(',')[${column}]), 0);
appendFileSync('output/${file}', JSON.stringify({ sum }) + '\\n');
console.log(sum);`;
}

const PROGRAMS: Readonly<Record<string, string>> = {
  first: program(0, 'first.jsonl'),
  second: program(1, 'second.jsonl'),
};

/** What each manager decides, question after question. */
const DECISIONS: Readonly<Record<string, readonly JsonObject[]>> = {
  manager: [
    {
      decision: 'plan',
      reasoning: 'one column each',
      subtasks: [
        { id: 'first', description: 'sum up a', required_outputs: ['output/first.jsonl'] },
        { id: 'lead', description: 'sum up b', strategy: 'submanager', dependencies: [] },
      ],
    },
    delegate(
      { worker_id: 'first', instructions: 'sum up a' },
      { worker_id: 'lead', instructions: 'have b summed up', as_submanager: true },
    ),
    complete('TBD'),
    complete('6 and 60', { files: ['first.jsonl', 'second.jsonl'] }),
  ],
  lead: [delegate({ worker_id: 'second', instructions: 'sum up b' }), complete('b is 60')],
};

function nameOf({ headers }: RecordedRequest): string {
  return String(headers['x-awp-agent']);
}

/** Which question of its agent it is, from 1. */
function numberOf({ body }: RecordedRequest): number {
  return body.messages.filter(({ role }) => role === 'assistant').length + 1;
}

const handler: Handler = (request) => {
  const name = nameOf(request);
  const decisions = DECISIONS[name];
  if (decisions) return JSON.stringify(decisions[numberOf(request) - 1]);
  const last = request.body.messages.at(-1);
  if (last?.role === 'tool') {
    const sum = Number(/"stdout":"(\d+)/.exec(last.content ?? '')?.[1]);
    return JSON.stringify({ summary: `the sum is ${sum}`, sum, confidence: 1 });
  }
  const args = JSON.stringify({ language: 'javascript', code: PROGRAMS[name] });
  return say({ toolCalls: [{ name: 'code__execute', arguments: args }] });
};

/**
 * A manager with a plan, a worker and a sub-manager that a person must allow; both have code run. Its
 * first ending is refused by a gate.
 */
export const managersStory: Story = {
  name: 'managers',
  files: { 'data.csv': DATA },
  ...{ handler, recordedKeys },
  keyOfRequest: (request) => `${nameOf(request)} ${numberOf(request)}`,
};
