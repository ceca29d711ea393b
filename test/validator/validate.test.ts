import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { validateWorkflow } from '../../src/validator/validate.ts';
import { findingsOf, lines } from './example.ts';
import { agentFile, alone, folder, graph, manifest } from './rules/write.ts';

const MANY_PROBLEMS = folder(
  `${graph([
    '{ id: writer, depends_on: [planer, editor] }',
    '{ id: editor, agent: writer, depends_on: [writer] }',
    '{ id: editor, agent: ghost, timeout: 0 }',
  ]).replace('"1.0.0"', '1')}state: { sharing: { strategy: some, sensitive_fields: [secret] } }\n`,
  { writer: agentFile({ id: 'Writer', output: '{ format: json }' }) },
);

describe('validateWorkflow', () => {
  it('finds all problems in one pass, sorted by file and place, each once', async () => {
    const found = await findingsOf(MANY_PROBLEMS);
    const errors = found.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ file, rule }) => `${file.split('/').at(-1)} ${rule}`)).toEqual([
      ...['R12', 'R9'].map((rule) => `agent.awp.yaml ${rule}`),
      ...['R1', 'R7', 'R6', 'R5', 'R8', 'R17', 'R16', 'R14'].map(
        (rule) => `workflow.awp.yaml ${rule}`,
      ),
    ]);
    const places = found.map(({ file, range: { start } }) => [file, start.line, start.column]);
    expect(places).toEqual(places.toSorted(byPlace));
    expect(new Set(lines(found)).size).toBe(found.length);
  });

  it('says the same of the same workflow each time, and changes nothing of it', async () => {
    const { workflow } = await parseWorkflow(memoryFiles(MANY_PROBLEMS, 'news-digest'));
    const before = JSON.stringify(workflow.manifest?.value);
    const first = validateWorkflow(workflow);
    expect(validateWorkflow(workflow)).toEqual(first);
    expect(JSON.stringify(workflow.manifest?.value)).toBe(before);
  });

  it('makes errors of warnings under strict, and leaves infos', async () => {
    const files = alone(
      agentFile({ output: '{ contract: { a: string } }', rest: 'runtime: { class_name: Other }' }),
    );
    const severities = async (strict: boolean): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await findingsOf(files, { strict })).map(({ rule, severity }) => [rule, severity]),
      );
    expect(await severities(false)).toMatchObject({ R3: 'info', R9: 'warning' });
    expect(await severities(true)).toMatchObject({ R3: 'info', R9: 'error' });
  });

  it('makes errors only of what the reference refuses under its profile', async () => {
    const text = manifest('orchestration: { execution: { timeout_per_agent: 400 } }');
    const files = folder(text, { writer: agentFile({ output: '{ contract: { a: string } }' }) });
    const found = await findingsOf(files, { profile: 'reference', name: 'other' });
    const severities = Object.fromEntries(found.map(({ rule, severity }) => [rule, severity]));
    expect(severities).toMatchObject({ R2: 'error', R9: 'error', R17: 'warning' });
  });

  it('is not stopped by wrong types in other places', async () => {
    const found = await findingsOf(
      `${graph(['{ id: ab, agent: ab, depends_on: [zz] }', 'a text', '5'])}state: 5\nmemory: [1]\n`,
    );
    expect(found.map(({ rule }) => rule)).toContain('R7');
    expect(found.map(({ rule }) => rule)).toContain('S1');
  });

  it.each([
    ['an id that is no text', '{ id: [ab], agent: ab }', 'S1'],
    ['an id that cannot be one', '{ id: "a b", agent: ab }', 'S5'],
    ['no id', '{ agent: ab }', 'S2'],
  ])('says with the words of the schema what no rule says: %s', async (_, node, code) => {
    const errors = (await findingsOf(graph([node]))).filter(({ severity }) => severity === 'error');
    expect(errors.map(({ rule }) => rule)).toEqual([code]);
  });

  it('says what the schema refuses and a rule says only once', async () => {
    for (const value of ['5', '"x y"', '[a]', '{}', 'true']) {
      const text = manifest(`state: { sharing: { strategy: ${value} } }`);
      const errors = (await findingsOf(text)).filter(({ severity }) => severity === 'error');
      expect(errors.map(({ rule }) => rule)).toEqual(['R16']);
    }
  });

  it('accepts an agent whose name every object has', async () => {
    const text = graph([
      '{ id: constructor, agent: constructor }',
      '{ id: writer, depends_on: [constructor], when: state.constructor.ready }',
    ]);
    const files = folder(text, {
      constructor: agentFile({ id: 'constructor' }),
      writer: agentFile(),
    });
    expect(lines((await findingsOf(files)).filter(({ severity }) => severity !== 'info'))).toEqual(
      [],
    );
  });
});

type Spot = readonly (string | number)[];

function byPlace(one: Spot, other: Spot): number {
  const at = one.findIndex((part, index) => part !== other[index]);
  const [left = '', right = ''] = [one[at], other[at]];
  return left < right ? -1 : left > right ? 1 : 0;
}
