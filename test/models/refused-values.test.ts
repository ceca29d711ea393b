import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { Json } from '../../src/base/json.ts';
import { agentSchema } from '../../src/models/agent.ts';
import { manifestSchema } from '../../src/models/manifest.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { validateWorkflow } from '../../src/validator/validate.ts';
import { fieldsOf } from './schema-walk.ts';

const MANIFEST = {
  awp: '1.0.0',
  workflow: { name: 'news-digest', version: '1.0.0', description: 'd' },
};
const AGENT = {
  awp_agent: '1.0.0',
  identity: { id: 'planner', role: 'r', description: 'd' },
  model: { name: 'm' },
  prompt: { system: 'You plan.\nNothing else.' },
  output: { contract: { confidence: { type: 'number' } } },
};

const WRONG: readonly Json[] = [-1.5, 'no such value', true, '', [7], { odd: 1 }];

const files = [
  { file: 'workflow.awp.yaml', schema: manifestSchema, base: MANIFEST },
  { file: 'agent.awp.yaml', schema: agentSchema, base: AGENT },
] as const;

describe.each(files)('a value that the schema of $file refuses', ({ file, schema, base }) => {
  const fields = new Map(fieldsOf(schema));
  const cases = [...fields].flatMap(([path, field]) =>
    WRONG.filter((wrong) => !field.safeParse(wrong).success).map((wrong) => ({ path, wrong })),
  );

  it('is an error, so that what is read without one can be used; each problem is said once', async () => {
    const silent: string[] = [];
    const twice: string[] = [];
    for (const { path, wrong } of cases) {
      if (path.startsWith('orchestration.graph[].config.')) continue;
      const steps = path.replaceAll('[]', '.[]').split('.');
      const { value, found } = await read(file, put(base, { steps, wrong }));
      const errors = found.filter(({ severity }) => severity === 'error');
      const name = `${path}: ${JSON.stringify(wrong)}`;
      if (value === undefined && errors.length === 0) silent.push(name);
      const places = errors.map(({ path: at, message }) => (message.includes('missing') ? '' : at));
      const again = places.filter((at, index) => at !== '' && places.indexOf(at) !== index);
      if (again.length > 0) twice.push(`${name}: ${errors.map(({ rule }) => rule).join(' ')}`);
    }
    expect(silent).toEqual([]);
    expect(twice).toEqual([]);
  });

  it('is a field of its own in at least two thirds of the fields', () => {
    expect(new Set(cases.map(({ path }) => path)).size).toBeGreaterThan((fields.size * 2) / 3);
  });
});

describe('what a rule only warns of', () => {
  it.each([
    ['the version "1.0"', 'workflow.awp.yaml', { ...MANIFEST, awp: '1.0' }, 'R1'],
    [
      'an agent’s id of one letter',
      'agent.awp.yaml',
      { ...AGENT, identity: { ...AGENT.identity, id: 'a' } },
      'R12',
    ],
  ])('does not take the value away: %s', async (_, file, written, rule) => {
    const { value, found } = await read(file, written);
    expect(value).toBeDefined();
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(found.filter((one) => one.severity === 'warning').map((one) => one.rule)).toContain(
      rule,
    );
  });
});

async function read(file: string, value: Json): Promise<{ value: unknown; found: Diagnostic[] }> {
  const { workflow, diagnostics } = await parseWorkflow(
    memoryFiles({ [file]: JSON.stringify(value) }, 'news-digest'),
    { file },
  );
  const [agent] = workflow.agents.values();
  return {
    value: file === 'agent.awp.yaml' ? agent?.value : workflow.manifest?.value,
    found: [...diagnostics, ...validateWorkflow(workflow)],
  };
}

/** The base with a value at a path; lists get one item, free maps one key. */
function put(base: Json, { steps, wrong }: { steps: readonly string[]; wrong: Json }): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return wrong;
  if (step === '[]') return [put({}, { steps: rest, wrong })];
  const there = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  const key = step === '*' ? 'key' : step;
  return { ...there, [key]: put(there[key] ?? {}, { steps: rest, wrong }) };
}
