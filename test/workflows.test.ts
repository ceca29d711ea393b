import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { plainValue, type YamlNode } from '../src/base/yaml-node.ts';
import { compliance } from '../src/data/compliance.ts';
import { validate } from '../src/data/validate.ts';
import { agentSchema } from '../src/models/agent.ts';
import { manifestSchema } from '../src/models/manifest.ts';
import { infoOf, shapeOf } from '../src/models/schema-shape.ts';

const ROOT = resolve(import.meta.dirname, '..');
const EXAMPLES = join(ROOT, 'examples');
const DIALECTS = join(ROOT, 'test/fixtures/dialects');

const foldersOf = (parent: string): string[] =>
  readdirSync(parent, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && readdirSync(join(parent, entry.name)).includes('workflow.awp.yaml'),
    )
    .map(({ name }) => name);

const examples = foldersOf(EXAMPLES);

describe('the example workflows', () => {
  it('are at least fourteen', () => {
    expect(examples.length).toBeGreaterThanOrEqual(14);
  });

  it.each(examples)('%s has no error and no warning', async (name) => {
    const { diagnostics } = await validate(join(EXAMPLES, name));
    const said = diagnostics.filter(({ severity }) => severity !== 'info');
    expect(
      said.map((one) => `${one.file}:${one.range.start.line} ${one.rule} ${one.message}`),
    ).toEqual([]);
  });

  it.each(examples)('%s is written in the names of the standard alone', async (name) => {
    const { diagnostics } = await validate(join(EXAMPLES, name));
    expect(diagnostics.filter(({ rule }) => rule.startsWith('D'))).toEqual([]);
  });

  it.each(examples)('%s reaches the level that it declares', async (name) => {
    const report = await compliance(join(EXAMPLES, name));
    if (name !== 'sales-report') expect(report.declared).toBeDefined();
    expect(report.compliant).toBe(true);
  });

  it('use every field of every layer between them', async () => {
    const used = new Set<string>();
    for (const name of examples) {
      const { workflow } = await validate(join(EXAMPLES, name));
      if (workflow.manifest) collect(workflow.manifest.tree, manifestSchema, { path: '', used });
      for (const { tree } of workflow.agents.values()) {
        collect(tree, agentSchema, { path: 'agent', used });
      }
    }
    const all = new Set([...fieldsOf(manifestSchema, ''), ...fieldsOf(agentSchema, 'agent')]);
    expect([...all].filter((field) => !used.has(field) && !UNUSED.has(field))).toEqual([]);
    expect([...UNUSED].filter((field) => used.has(field))).toEqual([]);
  });
});

/** Fields that no example has, because another one of theirs says it already. */
const UNUSED = new Set<string>([]);

interface Collecting {
  path: string;
  used: Set<string>;
}

/** Notes every field of a tree by its path in the schema; boxes are one schema at two places. */
function collect(node: YamlNode, schema: z.ZodType, { path, used }: Collecting): void {
  const shape = shapeOf(schema);
  if (shape.kind === 'union') {
    for (const option of shape.options) collect(node, option, { path, used });
  } else if (shape.kind === 'object' && node.kind === 'map') {
    for (const { key, value } of node.entries.values()) {
      const field = shape.fields.get(key);
      if (!field) continue;
      used.add(`${common(path)}.${key}`);
      collect(value, field, { path: `${path}.${key}`, used });
    }
  } else if (shape.kind === 'list' && node.kind === 'list') {
    for (const item of node.items) collect(item, shape.item, { path: `${path}[]`, used });
  } else if (shape.kind === 'record' && node.kind === 'map') {
    for (const { value } of node.entries.values()) {
      collect(value, shape.value, { path: `${path}.*`, used });
    }
  }
}

function fieldsOf(schema: z.ZodType, path: string): string[] {
  const shape = shapeOf(schema);
  if (shape.kind === 'union') return shape.options.flatMap((option) => fieldsOf(option, path));
  if (shape.kind === 'list') return fieldsOf(shape.item, `${path}[]`);
  if (shape.kind === 'record') return fieldsOf(shape.value, `${path}.*`);
  if (shape.kind !== 'object') return [];
  return [...shape.fields].flatMap(([key, field]) => {
    expect(infoOf(field).description, `${path}.${key}`).toBeDefined();
    return [`${common(path)}.${key}`, ...fieldsOf(field, `${path}.${key}`)];
  });
}

/** One path for schemas that stand at several places. */
function common(path: string): string {
  return path
    .replace(/^(agent\.capabilities)?\.?sandbox/, '.sandbox')
    .replace(/.*safety_envelope/, '.safety_envelope')
    .replace(/^\.orchestration\.(graph\[\]\.config|delegation_loop)/, '.loop')
    .replace(/.*context_budget/, '.context_budget');
}

describe('workflows in the dialect of the Python models', () => {
  it.each(foldersOf(DIALECTS))('%s means the same as the example of that name', async (name) => {
    const ours = await validate(join(EXAMPLES, name));
    const theirs = await validate(join(DIALECTS, name));
    expect(theirs.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const aliases = theirs.diagnostics.filter(({ rule }) => rule.startsWith('D'));
    expect(aliases.length).toBeGreaterThan(0);
    for (const { severity, help } of aliases) {
      expect(severity).toBe('info');
      expect(help).toMatch(/^(write|rename)/);
    }
    const values = ({ workflow }: typeof ours) => ({
      manifest: workflow.manifest && plainValue(workflow.manifest.tree),
      agents: [...workflow.agents].map(([folder, { tree }]) => [folder, plainValue(tree)]),
    });
    expect(values(theirs)).toEqual(values(ours));
  });

  it('are read from files that really differ', () => {
    for (const name of foldersOf(DIALECTS)) {
      const text = (folder: string): string =>
        readFileSync(join(folder, name, 'workflow.awp.yaml'), 'utf8');
      expect(text(DIALECTS)).not.toBe(text(EXAMPLES));
    }
  });
});

describe('the conformance fixtures', () => {
  const folder = join(ROOT, 'test/fixtures/conformance');
  const errorsOf = async (name: string, profile: 'awp' | 'reference'): Promise<string[]> => {
    const { diagnostics } = await validate(join(folder, name), { profile });
    return diagnostics.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
  };

  it.each(foldersOf(join(folder, 'valid')))(
    '%s is accepted, also as Python runtimes look at it',
    async (name) => {
      expect(await errorsOf(`valid/${name}`, 'reference')).toEqual([]);
    },
  );

  it.each([
    ['cyclic-graph', ['R6']],
    ['missing-version', ['R1']],
    ['missing-confidence', ['R9']],
    ['reserved-namespace', ['R10']],
  ])('%s is refused as Python runtimes refuse it', async (name, rules) => {
    expect(await errorsOf(`invalid/${name}`, 'reference')).toEqual(rules);
  });

  it('a contract without confidence is a warning for us', async () => {
    expect(await errorsOf('invalid/missing-confidence', 'awp')).toEqual([]);
  });
});
