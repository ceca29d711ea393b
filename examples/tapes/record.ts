/**
 * Makes `addition.tape` anew: `node examples/tapes/record.ts`. The answers are written here by hand,
 * and the tape says so (`simulated`); with `model: 'ollama/qwen3'` it would hold those of a real one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AgentWorkflow } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing.ts';

const worker = (id: string, instructions: string) => ({ worker_id: id, instructions });
const add = (a: number, b: number) => ({ toolCalls: [{ name: 'arithmetic.add', args: { a, b } }] });

const model = scriptedModel(({ headers, messages }) => {
  const who = headers['x-awp-agent'];
  const heard = messages.at(-1);
  if (who === 'manager') {
    if (!heard?.text.includes('Results of turn 1')) {
      return {
        decision: 'delegate',
        delegations: [worker('north', 'Add 120 and 80'), worker('south', 'Add 95 and 60')],
      };
    }
    return { decision: 'complete', final_result: { summary: 'North has 200, south has 155.' } };
  }
  if (heard?.role !== 'tool') return who === 'north' ? add(120, 80) : add(95, 60);
  return { summary: who === 'north' ? 'the sum is 200' : 'the sum is 155', confidence: 1 };
});

const folder = mkdtempSync(join(tmpdir(), 'tape-'));
const tape = resolve(process.argv[2] ?? join(import.meta.dirname, 'addition.tape'));
rmSync(tape, { force: true });
const { status, text } = await new AgentWorkflow({
  task: 'Add what each region sold',
  tools: ['arithmetic.*'],
  model,
  home: join(folder, '.awp'),
  record: tape,
}).run();
rmSync(folder, { recursive: true });
console.log(status, text);
