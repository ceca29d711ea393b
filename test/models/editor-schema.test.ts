import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaFiles } from '../../scripts/schemas.ts';
import { isObject, type Json, type JsonObject } from '../../src/base/json.ts';
import { plainValue, type YamlMap } from '../../src/base/yaml-node.ts';
import { codeFamilies } from '../../src/data/explain.ts';
import { agentSchema } from '../../src/models/agent.ts';
import type { Alias, AliasScope } from '../../src/models/aliases/alias.ts';
import { aliases } from '../../src/models/aliases/index.ts';
import { schemaAt } from '../../src/models/editor-parts.ts';
import { editorSchema } from '../../src/models/editor-schema.ts';
import { manifestSchema } from '../../src/models/manifest.ts';
import { mapSchema } from '../../src/models/map-schema.ts';
import { isOptional } from '../../src/models/schema-shape.ts';
import { checkFields } from '../../src/parser/check-fields.ts';
import { normalise } from '../../src/parser/normalise.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';
import { fieldsOf } from './schema-walk.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SCOPES = ['workflow', 'agent'] as const;
const MODELS = { workflow: manifestSchema, agent: agentSchema };
const EDITOR = { workflow: editorSchema('workflow'), agent: editorSchema('agent') };

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
ajv.addVocabulary(['doNotSuggest', 'defaultSnippets']);
const judges = { workflow: ajv.compile(EDITOR.workflow), agent: ajv.compile(EDITOR.agent) };

/** What the schema has against a value. */
function refusals(scope: AliasScope, value: Json): string[] {
  const judge = judges[scope];
  if (judge(value)) return [];
  return (judge.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function treeOf(text: string): YamlMap | undefined {
  const { tree } = parseYaml(text, 'workflow.awp.yaml');
  return tree?.kind === 'map' ? tree : undefined;
}

/** What `awp validate` has against the fields of a file, apart from what rules say. */
function complaints(tree: YamlMap, scope: AliasScope): string[] {
  const canonical = normalise(tree, scope);
  const checked = checkFields<unknown>(canonical.tree, MODELS[scope]);
  const said = [...canonical.diagnostics, ...checked.diagnostics]
    .filter(({ severity }) => severity !== 'info')
    .map(({ rule, path, message }) => `${rule} ${path}: ${message}`);
  return checked.value === undefined && said.length === 0 ? ['left to a rule'] : said;
}

/** Every schema of a schema, without those that describe JSON Schemas. */
function partsOf(schema: JsonObject): JsonObject[] {
  const parts: JsonObject[] = [];
  const { $defs: _, ...own } = schema;
  mapSchema(own, (part) => {
    parts.push(part);
    return part;
  });
  return parts;
}

it('the files of schemas/ are those of the models; else run node scripts/schemas.ts', () => {
  const folder = join(ROOT, 'schemas');
  const wanted = schemaFiles();
  expect(globSync('*', { cwd: folder }).sort()).toEqual([...wanted.keys()].sort());
  const stale = [...wanted].filter(
    ([name, text]) => readFileSync(join(folder, name), 'utf8') !== text,
  );
  expect(stale.map(([name]) => name)).toEqual([]);
});

describe.each(SCOPES)('the schema of a file for editors: %s', (scope) => {
  it('says what it is', () => {
    expect(EDITOR[scope]).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:awp-agents:schema:${scope}`,
      title: expect.stringContaining(`${scope}.awp.yaml`),
      type: 'object',
    });
  });

  it('has keywords of JSON Schema and of editors, and none of ours', () => {
    const known = [
      ...['$schema', '$id', '$ref', 'title', 'description', 'default', 'deprecated'],
      ...['type', 'enum', 'properties', 'required', 'additionalProperties', 'items', 'anyOf'],
      ...['allOf', 'minimum', 'maximum', 'exclusiveMinimum', 'minLength', 'maxLength', 'pattern'],
      ...['minItems', 'const', 'doNotSuggest', 'defaultSnippets'],
    ];
    const used = new Set(partsOf(EDITOR[scope]).flatMap((part) => Object.keys(part)));
    expect([...used].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('has every object closed, but for the one that the standard leaves open', () => {
    const open = partsOf(EDITOR[scope]).filter(
      ({ properties, additionalProperties, deprecated }) =>
        properties !== undefined && additionalProperties !== false && deprecated !== true,
    );
    const names = open.map(({ properties }) => Object.keys(properties as JsonObject).join(' '));
    expect(names).toEqual(scope === 'agent' ? ['enabled pipeline steps'] : []);
  });

  it('has every field with its description', () => {
    const schema = EDITOR[scope];
    const silent = [...fieldsOf(MODELS[scope])]
      .filter(([path]) => !path.includes('*') && !path.includes('[].config.'))
      .filter(([path]) => !formsAt(schema, path.split('.')).some(({ description }) => description))
      .map(([path]) => path);
    expect(silent).toEqual([]);
  });

  it('has the fields that must be there, and no others', () => {
    const asked = [...fieldsOf(MODELS[scope])]
      .filter(([path, field]) => !/[.*[]/.test(path) && !isOptional(field))
      .map(([path]) => path);
    expect(EDITOR[scope].required).toEqual(asked);
  });

  it('lets every other spelling say what to write, and does not offer it', () => {
    const own = aliases.filter((alias) => alias.scope === scope && alias.kind === 'move');
    for (const { from } of own) {
      expect(schemaAt(EDITOR[scope], from.split('.')), from).toMatchObject({
        deprecated: true,
        doNotSuggest: true,
        description: expect.stringMatching(/^Write `\S+` instead/),
      });
    }
  });

  it('has snippets that it accepts itself', () => {
    const snippets = [...snippetsOf(EDITOR[scope], [])];
    expect(snippets.length).toBeGreaterThan(4);
    for (const { path, label, description, body } of snippets) {
      const file = path.length === 0 ? typed(body) : merged(BASE[scope], under(path, typed(body)));
      expect(refusals(scope, file), label).toEqual([]);
      expect(description).not.toBe('');
    }
  });
});

/** The schemas at a path, in all forms of what is above. */
function formsAt(schema: JsonObject, path: readonly string[]): JsonObject[] {
  return path.reduce(
    (forms, step) => {
      const name = step.replace('[]', '');
      const next = forms.flatMap(withForms).flatMap(({ properties }) => partAt(properties, name));
      return step.endsWith('[]')
        ? next.flatMap(withForms).flatMap((at) => partAt(at, 'items'))
        : next;
    },
    [schema],
  );
}

function withForms(schema: JsonObject): JsonObject[] {
  return [schema, ...(Array.isArray(schema.anyOf) ? schema.anyOf.filter(isObject) : [])];
}

function partAt(schema: Json | undefined, name: string): JsonObject[] {
  const part = isObject(schema) ? schema[name] : undefined;
  return isObject(part) ? [part] : [];
}

interface Snippet {
  path: readonly string[];
  label: string;
  description: string;
  body: Json;
}

function* snippetsOf(schema: JsonObject, path: readonly string[]): Generator<Snippet> {
  for (const snippet of Array.isArray(schema.defaultSnippets) ? schema.defaultSnippets : []) {
    yield { path, ...(snippet as unknown as Omit<Snippet, 'path'>) };
  }
  for (const [name, part] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (!isObject(part) || part.deprecated === true) continue;
    yield* snippetsOf(part, [...path, name]);
    if (isObject(part.items)) yield* snippetsOf(part.items, [...path, `${name}[]`]);
  }
}

function under(path: readonly string[], value: Json): JsonObject {
  return path.reduceRight<Json>((inner, step) => {
    return { [step.replace('[]', '')]: step.endsWith('[]') ? [inner] : inner };
  }, value) as JsonObject;
}

/** A snippet after someone has pressed the tab key through it. */
function typed(body: Json): Json {
  return JSON.parse(JSON.stringify(body).replace(/\$\{\d:([^}]*)\}/g, '$1')) as Json;
}

/** A value that a schema accepts. */
function sample(schema: Json | undefined): Json {
  if (!isObject(schema)) return 'text';
  if (Array.isArray(schema.anyOf)) return sample(schema.anyOf.find(isObject));
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  switch ([schema.type].flat()[0]) {
    case 'object': {
      const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
      return Object.fromEntries(
        required.map((name) => [name, sample((schema.properties as JsonObject)[name])]),
      );
    }
    case 'array':
      return schema.items === undefined ? [] : [sample(schema.items)];
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return 1;
    case 'null':
      return null;
    default:
      return textFor(String(schema.pattern ?? ''));
  }
}

const TEXTS = ['text', '1.0.0', 'agents/writer', 'abort', 'files.read', 'TimeoutError', 'debug'];

function textFor(pattern: string): string {
  return TEXTS.find((text) => new RegExp(pattern, 'u').test(text)) ?? 'ConnectionError';
}

const BASE: Readonly<Record<AliasScope, JsonObject>> = {
  workflow: { awp: '1.0.0', workflow: { name: 'news-digest' } },
  agent: {
    awp_agent: '1.0.0',
    identity: { id: 'writer', role: 'writer', description: 'writes' },
    prompt: { system: 'prompt.md' },
  },
};
/** Values that are written in another way at their new place, where the schema takes anything. */
const CONVERTED: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['workflow.conformance', 'L3'],
  ['communication.bus.max_message_size_kb', 64],
  ['observability.audit.hash_chain', true],
  ['observability.tracing.export.format', 'jsonl'],
  ['output.validation.mode', 'strict'],
  ['output.validation.on_invalid', 'abort'],
]);
/** What must stand beside a spelling. */
const BESIDES: ReadonlyMap<string, JsonObject> = new Map([
  ['orchestration.graph[]', { id: 'writer' }],
  ['orchestration.graph[].depends_on[]', { id: 'planner' }],
  ['state.sharing.rules[]', { from: 'planner' }],
  ['communication.channels[]', { name: 'findings' }],
  ['orchestration.delegation_loop', { manager: 'writer' }],
]);

/** A file with a spelling in it. */
function fileWith(alias: Alias, value: Json): JsonObject {
  const { scope, from } = alias;
  const now = alias.kind === 'move' ? alias.to.slice(alias.to.lastIndexOf('.') + 1) : '';
  const inner = from
    .split('.')
    .reverse()
    .reduce<{ value: Json; path: string }>(
      (at, step) => {
        const above = at.path.slice(0, Math.max(0, at.path.lastIndexOf('.')));
        const held = step.endsWith('[]') ? [at.value] : at.value;
        const { [at.path === from ? now : '']: _, ...besides } = BESIDES.get(above) ?? {};
        return { value: { ...besides, [step.replace('[]', '')]: held }, path: above };
      },
      { value, path: from },
    ).value;
  return merged(BASE[scope], inner as JsonObject);
}

function merged(one: JsonObject, other: JsonObject): JsonObject {
  const both = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const known = both[key];
    both[key] = isObject(known) && isObject(value) ? merged(known, value) : value;
  }
  return both;
}

const SPELLINGS = aliases.flatMap((alias) => {
  const { scope, from } = alias;
  const values =
    alias.kind === 'move'
      ? [CONVERTED.get(from) ?? sample(schemaAt(EDITOR[scope], alias.to.split('.')))]
      : alias.kind === 'values'
        ? [...alias.values.keys()]
        : [sampleOfForm(alias.accepts)];
  return values.map((value) => ({ alias, from, value, file: fileWith(alias, value) }));
});

/** All that a form can hold. */
function sampleOfForm(accepts: JsonObject): Json {
  if (!isObject(accepts.properties)) return sample(accepts);
  const parts = Object.entries(accepts.properties);
  return Object.fromEntries(parts.map(([name, part]) => [name, sample(part)]));
}

describe('every other spelling', () => {
  it.each(SPELLINGS)('is read and accepted: $from: $value', ({ alias, file }) => {
    const tree = treeOf(JSON.stringify(file));
    if (!tree) throw new Error('no map');
    const codes = normalise(tree, alias.scope).diagnostics.map(({ rule }) => rule);
    expect(codes.join()).toMatch(/^D/);
    expect(complaints(tree, alias.scope)).toEqual([]);
    expect(refusals(alias.scope, file)).toEqual([]);
  });
});

const texts = codeFamilies
  .flatMap(({ cards }) => cards)
  .flatMap(({ code, good, bad }) => [good, bad].map((example) => ({ code, example })))
  .flatMap(({ code, example }) => {
    if (example === undefined) return [];
    const files = typeof example === 'string' ? { 'workflow.awp.yaml': example } : example;
    return Object.entries(files).map(([path, text]) => ({ name: `${code} ${path}`, path, text }));
  });
const examples = globSync('{examples,test/conformance}/**/*.yaml', { cwd: ROOT }).map((path) => ({
  name: path,
  path,
  text: readFileSync(join(ROOT, path), 'utf8'),
}));

describe('what `awp validate` accepts', () => {
  it('is accepted: the examples and those of all cards', () => {
    let accepted = 0;
    for (const { name, path, text } of [...examples, ...texts]) {
      const scope = /agent(\.awp)?\.ya?ml$/.test(path) ? 'agent' : 'workflow';
      if (scope === 'workflow' && !path.endsWith('workflow.awp.yaml')) continue;
      const tree = typeof text === 'string' ? treeOf(text) : undefined;
      if (!tree || complaints(tree, scope).length > 0) continue;
      accepted++;
      expect(refusals(scope, plainValue(tree)), name).toEqual([]);
    }
    expect(accepted).toBeGreaterThan(100);
  });

  it.each(SCOPES)('is accepted, whatever is in it: any %s', (scope) => {
    let clean = 0;
    fc.assert(
      fc.property(nearly(EDITOR[scope]), (value) => {
        const file = merged(BASE[scope], isObject(value) ? value : {});
        const tree = treeOf(JSON.stringify(file));
        const fine = tree !== undefined && complaints(tree, scope).length === 0;
        const accepted = refusals(scope, file);
        if (fine) expect(accepted).toEqual([]);
        if (fine) clean++;
      }),
      { numRuns: 300 },
    );
    expect(clean).toBeGreaterThan(30);
  });

  it.each([
    ['a short version', 'workflow', { awp: '1.0', workflow: { name: 'news-digest' } }],
    ['nothing behind a key', 'workflow', { ...BASE.workflow, memory: null, inputs: null }],
    ['no as YAML 1.1 has it', 'workflow', { ...BASE.workflow, memory: { enabled: 'No' } }],
  ] as const)('is accepted: %s', (_, scope, value) => {
    expect(refusals(scope, value)).toEqual([]);
  });
});

describe('what `awp validate` complains about', () => {
  it.each([
    ['an unknown key', { ...BASE.workflow, orchestraton: {} }],
    ['a key that is missing', { awp: '1.0.0' }],
    ['another version', { awp: '1', workflow: { name: 'news-digest' } }],
    ['a wrong type', { ...BASE.workflow, memory: 'yes' }],
    ['a wrong word', { ...BASE.workflow, orchestration: { engine: 'graph' } }],
    ['a text for a boolean', { ...BASE.workflow, memory: { enabled: 'maybe' } }],
    ['an id that is none', { ...BASE.workflow, orchestration: { graph: [{ id: 'A B' }] } }],
    [
      'a dependency without a node',
      { ...BASE.workflow, orchestration: { graph: [{ id: 'aa', depends_on: [{ expr: 'x' }] }] } },
    ],
    [
      'an unknown key in the loop of a node',
      {
        ...BASE.workflow,
        orchestration: { graph: [{ id: 'aa', config: { manager: 'x', y: 1 } }] },
      },
    ],
    [
      'a schema of messages that is none',
      { ...BASE.workflow, communication: { channels: [{ name: 'a', schema: { type: 'text' } }] } },
    ],
  ] as const)('is refused: %s', (_, file) => {
    expect(refusals('workflow', file as unknown as Json)).not.toEqual([]);
  });
});

const JUNK: readonly Json[] = [null, true, 0, 1, -1, 0.5, '', 'yes', 'text', [], ['a'], {}];

/** Values that fit a schema more or less. */
function nearly(schema: JsonObject, depth = 0): fc.Arbitrary<Json> {
  return fc.oneof(
    { weight: 12, arbitrary: fitting(schema, depth) },
    { weight: 1, arbitrary: fc.constantFrom(...JUNK) },
  );
}

function fitting(schema: JsonObject, depth: number): fc.Arbitrary<Json> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.anyOf)) {
    return fc.oneof(...schema.anyOf.filter(isObject).map((part) => nearly(part, depth)));
  }
  const inner = (part: JsonObject): fc.Arbitrary<Json> => nearly(part, depth + 1);
  if (isObject(schema.properties)) {
    const parts = Object.entries(schema.properties).filter((entry): entry is [string, JsonObject] =>
      isObject(entry[1]),
    );
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    return fc
      .subarray(parts, { maxLength: Math.min(parts.length, depth === 0 ? 2 : 3) })
      .chain((some) => {
        const all = new Map(parts.filter(([name]) => required.includes(name)).concat(some));
        return fc
          .tuple(...[...all].map(([name, part]) => inner(part).map((v) => [name, v] as const)))
          .map((entries): Json => Object.fromEntries(entries));
      });
  }
  if (isObject(schema.items)) return fc.array(inner(schema.items), { maxLength: 2 });
  return fc.constant(sample(schema));
}
