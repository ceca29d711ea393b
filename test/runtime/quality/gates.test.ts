import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { Subtask } from '../../../src/events/loop-events.ts';
import type { PlanPolicy } from '../../../src/events/plan-policy.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import { decisionsPart } from '../../../src/runtime/agent/parts/decisions.ts';
import { envelopePart } from '../../../src/runtime/agent/parts/envelope.ts';
import type { ManagerLook } from '../../../src/runtime/agent/parts/look.ts';
import { contractGate } from '../../../src/runtime/engines/loop/gates/contract.ts';
import { deliverablesGate } from '../../../src/runtime/engines/loop/gates/deliverables.ts';
import { filesGate } from '../../../src/runtime/engines/loop/gates/files.ts';
import type { Evidence, Gate, SeenFile } from '../../../src/runtime/engines/loop/gates/gate.ts';
import { gatesOf, heldAgainst } from '../../../src/runtime/engines/loop/gates/index.ts';
import { placeholderGate } from '../../../src/runtime/engines/loop/gates/placeholder.ts';
import { type LoopLook, lookAtLoop } from '../../../src/runtime/engines/loop/look.ts';
import { testPlan } from '../../make.ts';
import { critiquePolicy, policyWith } from './reviewed.ts';

/** A manager that wants to end, with this plan of its own. */
function lookOf(subtasks: readonly Subtask[] = [], policy: Partial<PlanPolicy> = {}): LoopLook {
  const plan = { ...testPlan(), policy: policyWith(policy) };
  const facts = [
    { type: 'run.started', data: { plan, simulated: true, version: 'x' } },
    {
      ...{ type: 'agent.started', agent: '0' },
      data: {
        ...{ role: 'manager', name: 'manager', model: 'm', temperature: 0, tools: [] },
        ...{ instructions: '', index: 0 },
      },
    },
    { type: 'plan.made', agent: '0', data: { call: '0/1', subtasks } },
  ];
  const events = facts.map((fact, index) => {
    const place = { v: 1, run: 'r', seq: index + 1, ts: new Date(1e12).toISOString(), depth: 0 };
    return { ...place, ...fact } as RunEvent;
  });
  const state = foldAll('r', events);
  const frame = state.frames.get('0');
  if (!frame) throw new Error('no manager');
  return lookAtLoop(plan, state, frame);
}

const file = (name: string, content: string | Uint8Array, path = name): SeenFile => {
  const head = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, name, bytes: head.length, head, lost: false };
};

function evidence(result: JsonObject, files: readonly SeenFile[] = []): Evidence {
  const there = new Set(files.flatMap(({ path, name, bytes }) => (bytes > 0 ? [path, name] : [])));
  const hasFile = (path: string): boolean => there.has(path);
  return { result, files, hasFile, contract: [], misfits: [] };
}

const defectsOf = (gate: Gate, found: Evidence, look = lookOf()): readonly string[] =>
  gate.check(look, found)?.defects ?? [];

describe('the placeholder gate', () => {
  it.each<[string, JsonObject]>([
    ['the word alone', { summary: 'TODO' }],
    ['in brackets', { summary: '[TBD]' }],
    ['a figure', { growth: 'XX%' }],
    ['a figure in a sentence', { summary: 'Sales grew by XX.X% in May.' }],
    ['money', { summary: 'It cost $XX in all.' }],
    ['question marks', { total: '???' }],
    ['question marks behind a colon', { summary: 'Total: ???' }],
    ['a line of a report', { report_md: '# Result\n\nTODO: write this\n' }],
    ['an item of a list', { report_md: '- done\n- **TODO**: the rest' }],
    ['a mark within a sentence', { summary: 'The mean is [TODO: add it] and rising.' }],
    ['an instruction to the reader', { summary: 'See [insert the table here] for more.' }],
    ['filler', { text: 'Lorem ipsum dolor sit amet' }],
    ['the example of the prompt', { summary: 'the answer, in words' }],
    ['a cell', { report_md: '| a | b |\n|---|---|\n| 1 | TBD |' }],
    ['deep inside', { a: [{ b: { c: 'PLACEHOLDER' } }] }],
    ['a whole value in words', { summary: 'To be determined.' }],
  ])('refuses %s', (_, result) => {
    expect(defectsOf(placeholderGate, evidence(result))).toHaveLength(1);
  });

  it.each<[string, JsonObject]>([
    ['a report about an app for tasks', { summary: 'The TODO app has 3 lists; TODO items sync.' }],
    ['a heading of open points', { report_md: '## TODO\n\n1. call the bank' }],
    ['a state of a task', { tasks: [{ title: 'TODO', status: 'TODO' }, { label: 'TBD' }] }],
    ['code in a report', { report_md: 'Use it so:\n```js\n// TODO: later\nx = "XX%"\n```\n' }],
    ['code in a line', { summary: 'The flag `TODO` is shown as `XX%`.' }],
    ['a link', { report_md: 'See [TODO](https://example.org/todo).' }],
    ['a real question', { summary: 'Why? What now?? Really???' }],
    ['Roman numerals and sizes', { summary: 'Part XX, size XXL, Super Bowl XXX.' }],
    ['a variable share', { summary: 'X% of all that Y says' }],
    ['nothing to say', { note: 'N/A', other: '', none: null }],
    ['a placeholder attribute', { html: 'the placeholder text of the field is grey' }],
    ['ordinary words', { summary: 'The answer, in other words, is 42.' }],
    ['all sorts of values', { a: 1, b: true, c: [], d: {} }],
  ])('lets pass %s', (_, result) => {
    expect(defectsOf(placeholderGate, evidence(result))).toEqual([]);
  });

  it.each<[string, string, number]>([
    ['report.md', '# Report\n\n[TBD]\n', 1],
    ['report.md', '# Report\n\nAll is said.\n', 0],
    ['report.html', '<h1>x</h1><p>TBD</p>', 1],
    ['report.html', '<!-- TODO: style --><input placeholder="TBD"><p>fine</p>', 0],
    ['data.json', '{"mean": "XX%"}', 1],
    ['data.json', '{"status": "TODO"}', 0],
    ['data.json', '{"broken', 0],
    ['notes.txt', 'TBD', 1],
    ['main.py', '# TODO: make it faster\nx = 1\n', 0],
    ['main.py', 'text = "lorem ipsum dolor sit amet"\n', 1],
    ['main.ts', '/* [TBD] */ const a = 1; // [TODO]\n', 0],
    ['board.csv', 'task,state\ncall,TODO\nmail,TBD\n', 0],
    ['photo.bin', 'TODO', 0],
  ])('looks into %s: %j', (name, content, count) => {
    expect(defectsOf(placeholderGate, evidence({}, [file(name, content)]))).toHaveLength(count);
  });

  it('does not look at texts that are too long, and is quick with hostile ones', () => {
    const long = `${'x'.repeat(200_001)}\n[TBD]`;
    expect(defectsOf(placeholderGate, evidence({}, [file('a.md', long)]))).toEqual([]);
    const hostile = ['`'.repeat(90_000), '<'.repeat(150_000), ' \t>*'.repeat(40_000), '```\n[TODO:']
      .map((text, index) => file(`${index}.md`, text))
      .concat(file('a.html', '<script'.repeat(25_000)), file('a.ts', '/*'.repeat(90_000)));
    expect(defectsOf(placeholderGate, evidence({}, hostile))).toEqual([]);
  });

  it('knows the examples of our own prompts', () => {
    const { limits } = testPlan();
    const look = { ...lookOf(), limits, surroundings: { tools: [], needsBox: new Set() } };
    const prompt = [decisionsPart, envelopePart].map((part) =>
      part(look as unknown as ManagerLook),
    );
    for (const example of ['the answer, in words', 'everything the worker needs to know']) {
      expect(prompt.join('\n')).toContain(`"${example}"`);
      expect(defectsOf(placeholderGate, evidence({ summary: example }))).toHaveLength(1);
    }
  });
});

describe('the files gate', () => {
  const png = (width: number, size = 600): Uint8Array => {
    const bytes = Buffer.alloc(size, 1);
    bytes.write('\x89PNG\r\n\x1a\n', 'latin1');
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(width, 20);
    return bytes;
  };

  it.each<[string, string | Uint8Array, RegExp | undefined]>([
    ['empty.md', '', /is empty/],
    ['__init__.py', '', undefined],
    ['.gitkeep', '', undefined],
    ['chart.png', png(1), /1x1/],
    ['chart.png', png(40, 90), undefined],
    ['chart.png', 'no picture', /no png/],
    ['data.csv', 'a,b\n', /no row/],
    ['data.csv', 'a,b\n1,2\n', undefined],
    ['report.pdf', '%PDF-1.4', /only 8 bytes/],
    ['data.json', '{"a": ', /no JSON/],
    ['data.json', '[]', undefined],
    ['page.html', 'text', undefined],
    ['chart.svg', '<svg><path d="M NaN,1"/></svg>', /NaN/],
    ['table.xlsx', 'a,b\n1,2\n', /no xlsx/],
  ])('looks at %s', (name, content, problem) => {
    const found = defectsOf(filesGate, evidence({}, [file(name, content)]));
    expect(found).toEqual(problem ? [expect.stringMatching(problem)] : []);
  });

  it('lets a file pass that was written again under the same name', () => {
    const broken = file('data.csv', 'a,b\n');
    const mended = file('data.csv', 'a,b\n1,2\n', 'b__data.csv');
    expect(defectsOf(filesGate, evidence({}, [broken, mended]))).toEqual([]);
    expect(defectsOf(filesGate, evidence({}, [broken, broken]))).toHaveLength(2);
  });

  it('takes one that can no longer be read for broken, and leaves one unread that is too far', () => {
    const seen = { path: 'a.md', name: 'a.md', bytes: 9, head: undefined };
    expect(defectsOf(filesGate, evidence({}, [{ ...seen, lost: true }]))).toHaveLength(1);
    expect(defectsOf(filesGate, evidence({}, [{ ...seen, lost: false }]))).toEqual([]);
  });

  it('does not judge a table by its beginning', () => {
    const cut = { ...file('a.csv', 'a,b\n'), bytes: 9_000_000 };
    expect(defectsOf(filesGate, evidence({}, [cut]))).toEqual([]);
  });
});

describe('the deliverables gate', () => {
  it('lets a result list what it was made from by its bare name', () => {
    const look = lookOf();
    const input = { name: 'sales', kind: 'table', path: 'sales.csv', description: '' } as const;
    const plan = { ...look.plan, inputs: [input] };
    const files = (...names: string[]) => evidence({ files: names });
    expect(defectsOf(deliverablesGate, files('sales.csv'), { ...look, plan })).toEqual([]);
    expect(defectsOf(deliverablesGate, files('sales.csv'), look)).toHaveLength(1);
    // A file of the run is looked for even when it bears the name of an input.
    expect(defectsOf(deliverablesGate, files('output/no.csv'), { ...look, plan })).toHaveLength(1);
  });

  const there = [file('a.csv', 'a\n1'), file('empty.md', ''), file('r.md', 'x', 'b__r.md')];

  it.each<[string, JsonObject, number]>([
    ['a file that is there', { files: ['a.csv'] }, 0],
    ['a file of a folder that agents see', { artifacts: ['shared/a.csv', 'output/a.csv'] }, 0],
    ['a file that two agents wrote', { files: ['r.md', 'shared/b__r.md'] }, 0],
    ['a file that is not there', { files: ['b.csv'] }, 1],
    ['a file that is empty', { files: ['empty.md'] }, 1],
    ['an entry with a path', { artifacts: [{ path: 'output/b.csv', about: 'all' }] }, 1],
    ['one file alone', { files: 'chart.png' }, 1],
    ['a path in a sentence', { summary: 'The table is in output/b.csv, the rest is text.' }, 1],
    ['the same path twice', { summary: 'output/b.csv', files: ['output/b.csv'] }, 1],
    ['an input', { summary: 'read inputs/sales.csv', files: ['inputs/sales.csv'] }, 0],
    ['what a prompt had no room for', { files: ['inputs/context/a.json'] }, 0],
    ['an address', { files: ['https://example.org/x.csv'] }, 0],
    ['words', { files: ['a chart of sales', 'v1.0', 3, null] }, 0],
    ['a pattern', { files: ['output/*.png'] }, 0],
    ['a name in a sentence', { summary: 'b.csv would be nice' }, 0],
    ['a path of another machine', { summary: 'saved as /srv/output/b.csv' }, 0],
  ])('looks at %s', (_, result, count) => {
    expect(defectsOf(deliverablesGate, evidence(result, there))).toHaveLength(count);
  });

  const part = (requiredOutputs: readonly string[]): Subtask => ({
    ...{ id: 'p', description: 'd', dependencies: [], requiredOutputs },
  });

  it.each<[string, readonly string[], number]>([
    ['what it owes is there', ['a.csv', 'output/a.csv'], 0],
    ['it is missing', ['chart.png'], 1],
    ['it is empty', ['output/empty.md', 'a.csv'], 1],
  ])('looks at the parts of a plan: %s', (_, outputs, count) => {
    const look = lookOf([part(outputs)]);
    expect(defectsOf(deliverablesGate, evidence({}, there), look)).toHaveLength(count);
  });

  it('tells what does not meet the schemas of the plan', () => {
    const found = { ...evidence({}), misfits: ['a.json: no'] };
    expect(defectsOf(deliverablesGate, found)).toEqual(['a.json: no']);
  });
});

describe('the chain of gates', () => {
  const found: Evidence = {
    ...evidence({ summary: 'TODO', files: ['b.csv'] }, [file('a.csv', 'a\n')]),
    contract: ['the field "mean" is missing'],
  };

  it('names the first gate in its order, and what the others find', () => {
    const look = lookOf();
    const gates = gatesOf(look);
    expect(gates.map(({ name }) => name)).toEqual([
      ...['contract', 'deliverables', 'placeholder', 'files'],
    ]);
    expect(heldAgainst(gates, look, found)).toMatchObject({
      gate: 'contract',
      defects: [/mean/, /b\.csv/, /TODO/, /a\.csv/].map((text) => expect.stringMatching(text)),
    });
    expect(heldAgainst(gates.slice(1), look, found)?.gate).toBe('deliverables');
    expect(heldAgainst(gates.slice(3), look, found)?.gate).toBe('files');
    expect(heldAgainst(gates, look, evidence({ summary: 'fine' }))).toBeUndefined();
    expect(defectsOf(contractGate, found)).toHaveLength(1);
  });

  it.each<[Partial<PlanPolicy>, string[]]>([
    [{ gates: [] }, []],
    [{ gates: ['files', 'evaluation'] }, ['files']],
    [{ gates: [], critique: critiquePolicy({ minToComplete: 0.6 }) }, ['critique']],
    [{ gates: [], critique: critiquePolicy({ minToComplete: 0 }) }, []],
  ])('has the gates that the policy wants: %j', (policy, names) => {
    expect(gatesOf(lookOf([], policy)).map(({ name }) => name)).toEqual(names);
  });

  it('tells of ten defects at most, none too long', () => {
    const many = Array.from({ length: 40 }, (_, index) => `${index}${'x'.repeat(999)}`);
    const look = lookOf();
    const { defects = [] } =
      heldAgainst(gatesOf(look), look, { ...evidence({}), contract: many }) ?? {};
    expect(defects).toHaveLength(11);
    expect(defects.at(-1)).toBe('30 more');
    expect(Math.max(...defects.map(({ length }) => length))).toBeLessThan(310);
  });
});
