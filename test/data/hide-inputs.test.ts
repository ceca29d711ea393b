import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hideInputs } from '../../src/data/hide-inputs.ts';
import { file } from '../../src/data/inputs.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { loadWorkflow } from '../../src/index.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { writeFiles } from '../files.ts';
import { logOf, only, temporaryFolder } from '../make.ts';
import { graphFiles } from './graph-make.ts';

const graph = (sensitive: readonly string[]) =>
  ({ manifest: { state: { sharing: { sensitive_fields: sensitive } } } }) as unknown as NonNullable<
    WorkflowOptions['graph']
  >;

const hidden = (sensitive: readonly string[], inputs: NonNullable<WorkflowOptions['inputs']>) =>
  hideInputs({ task: 't', graph: graph(sensitive), inputs });

describe('inputs that a workflow calls sensitive', () => {
  it.each<[string, string[], unknown, unknown]>([
    ['a text', ['given'], 'x', '[redacted]'],
    ['a number', ['given'], 7, '[redacted]'],
    ['no value', ['given'], null, null],
    ['a field', ['pin'], { pin: 1, n: 2 }, { pin: '[redacted]', n: 2 }],
    ['a field at its place', ['given.pin'], { pin: 1, n: 2 }, { pin: '[redacted]', n: 2 }],
    ['a column of records', ['pin'], [{ pin: 1 }, { n: 2 }], [{ pin: '[redacted]' }, { n: 2 }]],
    ['a large number', ['given'], 10n, '[redacted]'],
  ])('are hidden before anything is kept of them: %s', (_, sensitive, value, open) => {
    const { options, notes } = hidden(sensitive, { given: value as never, other: 'x' });
    expect(options.inputs).toEqual({ given: open, other: 'x' });
    expect(notes.map(({ input }) => input)).toEqual(value === null ? [] : ['given']);
  });

  it('are left alone where nothing is, also those that cannot be written', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const inputs = { a: 1, file: file('a.csv'), bytes: new Uint8Array(2), circle };
    const given = { task: 't', graph: graph(['pin']), inputs };
    expect(hideInputs(given).options).toBe(given);
    const { graph: _, ...loop } = given;
    expect(hideInputs(loop).options).toBe(loop);
  });

  it.each([
    ['a file', file('a.csv')],
    ['bytes', new Uint8Array(2)],
  ])('cannot be %s', (_, value) => {
    expect(() => hidden(['given'], { given: value })).toThrow(
      expect.objectContaining({
        code: 'usage/bad-option',
        message: 'the input given is sensitive, and cannot be a file',
      }),
    );
  });
});

/** Everything in a folder as one text. */
function textIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

describe('a run with sensitive values', () => {
  it('leaves them nowhere: neither in its folder nor in its log nor on its tape', async () => {
    using folder = temporaryFolder();
    writeFiles(
      join(folder.path, 'report'),
      graphFiles({
        graph: '- { id: one, agent: one }\n- { id: two, agent: two, depends_on: [one] }',
        state:
          'initial: { pin: PIN-1, iban: null }\nsharing: { sensitive_fields: [pin, iban, code] }\npersistence: { path: kept }',
        agents: {
          one: 'output: { contract: { code: { type: string }, text: string, confidence: number } }',
        },
        more: 'inputs: { iban: { type: string }, people: { type: object } }\n',
      }),
    );
    const workflow = await loadWorkflow(join(folder.path, 'report'));
    const tape = join(folder.path, 'a.tape');
    const runs = join(folder.path, 'runs');
    const asked: unknown[] = [];
    const model = scriptedModel(({ messages }) => {
      asked.push(messages);
      return { code: 'CODE-1', text: 'fine', confidence: 0.9 };
    });
    const inputs = { iban: 'IBAN-1', people: [{ name: 'ada', pin: 'PIN-2' }] };
    const given = { task: 'Go', runId: 'r-test', inputs };
    const store = memoryStore({ folder: runs });
    const result = await workflow.run({ ...given, model, store, record: tape });
    expect(result).toMatchObject({ status: 'complete', result: { one: { code: '[redacted]' } } });
    const log = await logOf(store);
    const all = [textIn(runs), JSON.stringify([log, asked, result]), readFileSync(tape, 'utf8')];
    for (const text of all) expect(text).not.toMatch(/PIN-\d|IBAN-1|CODE-1/);
    expect(all[0]).toContain('ada');
    const notes = only(log, 'input.resolved').flatMap(({ data }) => data.note ?? []);
    expect(notes).toEqual([
      expect.stringContaining('[redacted] stands for it everywhere'),
      expect.stringContaining('[redacted] stands for it everywhere'),
      'sensitive values of state.initial are kept nowhere, [redacted] stands for them: pin',
    ]);
    const again = await workflow.run({
      ...given,
      store: memoryStore({ folder: join(folder.path, 'again') }),
      replay: tape,
    });
    expect(again).toMatchObject({ status: 'complete', result: result.result });
  });
});
