import type { JsonObject } from '../../src/base/json.ts';
import { say } from '../fault-server/answers.ts';
import type { Handler, RecordedRequest } from '../fault-server/server.ts';
import { complete, delegate } from '../make.ts';
import { recordedKeys, type Story } from './story.ts';

const PARTS = ['first', 'second', 'third'];

/** A worker's program: it reads the input, or what earlier turns left, and writes a file. */
function program(agent: string): string {
  if (agent === 'total') {
    return `import { readFileSync, writeFileSync } from 'node:fs';
const parts = ${JSON.stringify(PARTS)}.map((name) => JSON.parse(readFileSync('shared/' + name + '.json', 'utf8')).sum);
writeFileSync('output/total.json', JSON.stringify({ total: parts.reduce((a, b) => a + b, 0) }));
console.log(parts.reduce((a, b) => a + b, 0));`;
  }
  const column = PARTS.indexOf(agent);
  return `import { readFileSync, writeFileSync } from 'node:fs';
const rows = readFileSync('inputs/data.csv', 'utf8').trim().split('\\n').slice(1).map((line) => line.split(',').map(Number));
const sum = rows.reduce((all, row) => all + row[${column}], 0);
writeFileSync('output/${agent}.json', JSON.stringify({ sum }));
console.log(sum);`;
}

const DATA = 'a,b,c\n1,10,100\n2,20,200\n3,30,300\n';

function turnsSeen(request: RecordedRequest): number {
  const text = request.body.messages.map(({ content }) => content ?? '').join('\n');
  return text.split('## Results of turn').length - 1;
}

const handler: Handler = (request) => {
  const { headers, body } = request;
  if (headers['x-awp-role'] === 'manager') {
    const text = body.messages.at(-1)?.content ?? '';
    const answers: JsonObject[] = [
      delegate(...PARTS),
      delegate('total'),
      complete(`total: ${[...text.matchAll(/"said":(\d+)/g)].at(-1)?.[1]}`, { files: 4 }),
    ];
    return JSON.stringify(answers[turnsSeen(request)]);
  }
  const last = body.messages.at(-1);
  if (last?.role === 'tool') {
    const said = Number(/"stdout":"(\d+)/.exec(last.content ?? '')?.[1]);
    return JSON.stringify({ summary: `sum ${said}`, said, confidence: 1 });
  }
  const code = program(String(headers['x-awp-agent']));
  const args = JSON.stringify({ language: 'javascript', code });
  return say({ toolCalls: [{ name: 'code__execute', arguments: args }] });
};

function keyOfRequest(request: RecordedRequest): string {
  const agent = String(request.headers['x-awp-agent']);
  if (agent === 'manager') return `manager ${turnsSeen(request) + 1}`;
  return `${agent} ${request.body.messages.length / 2}`;
}

/** A manager with three workers, one that adds up their files, then the end. */
export const loopStory: Story = {
  ...{ name: 'loop', files: { 'data.csv': DATA }, handler, keyOfRequest, recordedKeys },
};
