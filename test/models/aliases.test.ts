import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/base/apply-edits.ts';
import type { Json } from '../../src/base/json.ts';
import { plainValue, type YamlMap } from '../../src/base/yaml-node.ts';
import { agentSchema } from '../../src/models/agent.ts';
import type { AliasScope } from '../../src/models/aliases/alias.ts';
import { aliases } from '../../src/models/aliases/index.ts';
import { manifestSchema } from '../../src/models/manifest.ts';
import { checkFields } from '../../src/parser/check-fields.ts';
import { normalise } from '../../src/parser/normalise.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';
import { fieldsOf } from './schema-walk.ts';

/** Path of the alias, as it is written, in the standard's own names, and what is said of it. */
type Row = readonly [from: string, written: string, canonical: string, code: string];

const NODE = 'orchestration.graph[]';
const node = (fields: string): string => `orchestration: { graph: [{ id: a, ${fields} }] }`;
const execution = (fields: string): string => `orchestration: { execution: { ${fields} } }`;
const under = (path: string, text: string): string =>
  path
    .split('.')
    .reverse()
    .reduce((inner, key) => `{ ${key}: ${inner} }`, text);
const at = (path: string, text: string): string => under(path, text).slice(2, -2);

const workflowRows: readonly Row[] = [
  [
    'env',
    'env: { required: [KEY, { name: TOKEN, sensitive: true }], defaults: { KEY: k, REGION: eu } }',
    'workflow: { env: [{ name: KEY, required: true, default: k }, { name: TOKEN, sensitive: true, required: true }, { name: REGION, default: eu }] }',
    'D3 D9',
  ],
  ['env', 'env: [{ name: KEY }]', 'workflow: { env: [{ name: KEY }] }', 'D9'],
  [
    'settings',
    'settings: { llm: { default_model: m } }',
    'workflow: { settings: { llm: { default_model: m } } }',
    'D9',
  ],
  [
    'custom_tools',
    'custom_tools: { source_dir: mcp }',
    'capabilities: { custom_tools: { source_dir: mcp } }',
    'D9',
  ],
  ...(
    [
      ['L0', 'A0'],
      ['L1', 'A1'],
      ['L2', 'A1'],
      ['L3', 'A1'],
      ['L4', 'A1'],
      ['L5', 'A4'],
    ] as const
  ).map(
    ([level, now]): Row => [
      'workflow.conformance',
      at('workflow.conformance', level),
      at('workflow.autonomy', now),
      'D6',
    ],
  ),
  ['autonomy', 'autonomy: A2', 'workflow: { autonomy: A2 }', 'D9'],
  [
    'state.max_state_size_mb',
    'state: { max_state_size_mb: 50 }',
    'state: { limits: { max_state_size_mb: 50 } }',
    'D9',
  ],
  [
    'state.sharing.rules[].from_agent',
    at('state.sharing.rules', '[{ from_agent: a, fields: [x] }]'),
    at('state.sharing.rules', '[{ from: a, fields: [x] }]'),
    'D1',
  ],
  [
    'state.sharing.rules[].to_agents',
    at('state.sharing.rules', '[{ from: a, to_agents: [b] }]'),
    at('state.sharing.rules', '[{ from: a, to: [b] }]'),
    'D1',
  ],
];

const graphRows: readonly Row[] = [
  ...(['per_agent', 'total', 'idle'] as const).map(
    (name): Row => [
      `orchestration.execution.timeout.${name}`,
      execution(`timeout: { ${name}: 90 }`),
      execution(`timeout_${name}: 90`),
      'D9',
    ],
  ),
  [
    'orchestration.execution.error_handling.default',
    execution('error_handling: { default: continue }'),
    execution('on_error: continue'),
    'D9',
  ],
  [
    'orchestration.execution.error_handling.default',
    execution('error_handling: { default: retry, max_retries: 2 }'),
    execution('on_error: retry, error_handling: { max_retries: 2 }'),
    'D9',
  ],
  [
    'orchestration.execution.on_error',
    execution('on_error: abort'),
    execution('on_error: stop'),
    'D2',
  ],
  [`${NODE}.agent`, node('agent: agents/planner'), node('agent: planner'), 'D4'],
  [`${NODE}.agent`, node('agent: ./agents/planner/'), node('agent: planner'), 'D4'],
  [`${NODE}.depends_on`, node('depends_on: b'), node('depends_on: [b]'), 'D3'],
  [`${NODE}.depends_on`, node('depends_on: { id: b }'), node('depends_on: [{ id: b }]'), 'D3'],
  [
    `${NODE}.depends_on[].agent`,
    node('depends_on: [{ agent: b, condition: failure }]'),
    node('depends_on: [{ id: b, condition: failure }]'),
    'D1',
  ],
  [
    `${NODE}.depends_on[].when`,
    node('depends_on: [{ id: b, when: state.b.ok }]'),
    node('depends_on: [{ id: b, expr: state.b.ok }]'),
    'D1',
  ],
  [
    `${NODE}.depends_on[]`,
    node('depends_on: [{ id: b, condition: state.b.score > 0.5 }]'),
    node('depends_on: [{ id: b, expr: state.b.score > 0.5 }]'),
    'D3',
  ],
  [`${NODE}.on_failure`, node('on_failure: abort'), node('on_failure: stop'), 'D2'],
  [`${NODE}.retry`, node('retry: 2'), node('retry: { max_attempts: 3 }'), 'D3'],
  [`${NODE}.retry`, node('retry: 0'), node('retry: { max_attempts: 1 }'), 'D3'],
  [`${NODE}.condition`, node('condition: state.b.ok'), node('when: state.b.ok'), 'D1'],
  [
    `${NODE}.loop.mode`,
    node('loop: { mode: interactive }'),
    node('loop: { type: interactive }'),
    'D1',
  ],
  [
    `${NODE}.loop.until_condition`,
    node('loop: { until_condition: state.a.open }'),
    node('loop: { condition: state.a.open }'),
    'D8',
  ],
  [
    `${NODE}.fan_out.source_field`,
    node('fan_out: { source_field: b.topics }'),
    node('fan_out: { source: b.topics }'),
    'D1',
  ],
  [
    `${NODE}.fan_out.aggregation`,
    node('fan_out: { source: b.topics, aggregation: concat }'),
    node('fan_out: { source: b.topics }, fan_in: { strategy: concat }'),
    'D9',
  ],
];

const memoryRows: readonly Row[] = (
  [
    ['memory.long_term', 'memory.tiers.long_term', 'D9'],
    ['memory.daily_log', 'memory.tiers.working', 'D9'],
    ['memory.working', 'memory.tiers.working', 'D9'],
    ['memory.episodic', 'memory.tiers.episodic', 'D9'],
    ['memory.semantic', 'memory.tiers.semantic', 'D9'],
    ['memory.tiers.daily_log', 'memory.tiers.working', 'D1'],
  ] as const
).map(([from, to, code]) => [
  from,
  at(from, '{ enabled: false }'),
  at(to, '{ enabled: false }'),
  code,
]);

const communicationRows: readonly Row[] = [
  [
    'communication.bus.max_message_size_kb',
    at('communication.bus.max_message_size_kb', '256'),
    at('communication.bus.max_message_size', '262144'),
    'D3',
  ],
  [
    'communication.bus.config',
    at('communication.bus.config', '{ db: 3 }'),
    at('communication.bus.connection.options', '{ db: 3 }'),
    'D9',
  ],
  [
    'communication.channels[].acl',
    at('communication.channels', '[{ name: c, acl: { publishers: [a] } }]'),
    at('communication.channels', '[{ name: c, participants: { publishers: [a] } }]'),
    'D1',
  ],
];

const o = 'observability';
const observabilityRows: readonly Row[] = [
  [
    `${o}.logging`,
    at(`${o}.logging`, '{ destination: file, path: logs/run.log }'),
    at(`${o}.logging`, '{ outputs: [{ type: file, path: logs/run.log }] }'),
    'D3',
  ],
  [
    `${o}.logging`,
    at(`${o}.logging`, '{ destination: stdout }'),
    at(`${o}.logging`, '{ outputs: [{ type: console }] }'),
    'D3',
  ],
  [
    `${o}.logging`,
    at(`${o}.logging`, '{ path: logs }'),
    at(`${o}.logging`, '{ outputs: [{ type: file, path: logs }] }'),
    'D3',
  ],
  ...(['agent_io', 'state_transitions', 'llm_prompts', 'tool_calls'] as const).map(
    (name): Row => [
      `${o}.logging.log_${name}`,
      at(`${o}.logging.log_${name}`, 'false'),
      at(`${o}.logging.capture.${name}`, 'false'),
      'D9',
    ],
  ),
  ...(
    [
      ['debug', 'DEBUG'],
      ['info', 'INFO'],
      ['warning', 'WARNING'],
      ['warn', 'WARNING'],
      ['WARN', 'WARNING'],
      ['error', 'ERROR'],
      ['critical', 'CRITICAL'],
    ] as const
  ).map(
    ([level, now]): Row => [
      `${o}.logging.level`,
      at(`${o}.logging.level`, level),
      at(`${o}.logging.level`, now),
      'D2',
    ],
  ),
  ...(
    [
      ['metrics.collector', 'metrics.exporter', 'prometheus', 'prometheus', 'D1'],
      ['metrics.export_interval', 'metrics.interval', '60', '60', 'D1'],
      [
        'metrics.custom_metrics',
        'metrics.custom',
        '[{ name: m, type: gauge }]',
        '[{ name: m, type: gauge }]',
        'D1',
      ],
      ['tracing.sample_rate', 'tracing.sampling.rate', '0.5', '0.5', 'D9'],
      ['tracing.export.path', 'tracing.path', 'traces', 'traces', 'D9'],
      ['tracing.export.format', 'tracing.exporter', 'jsonl', 'file', 'D9'],
      ['audit.hash_chain', 'audit.integrity', 'true', 'hash_chain', 'D3'],
      ['audit.hash_chain', 'audit.integrity', 'false', 'none', 'D3'],
      ['audit.path', 'audit.storage.path', 'logs/audit', 'logs/audit', 'D9'],
      ['audit.retention_days', 'audit.retention.max_age_days', '30', '30', 'D9'],
      [
        'health.liveness.on_failure.max_consecutive',
        'health.liveness.failure_threshold',
        '4',
        '4',
        'D9',
      ],
      ['health.liveness.on_failure.action', 'health.liveness.action', 'abort', 'abort', 'D9'],
    ] as const
  ).map(
    ([from, to, old, now, code]): Row => [
      `${o}.${from}`,
      at(`${o}.${from}`, old),
      at(`${o}.${to}`, now),
      code,
    ],
  ),
];

const s = 'security';
const securityRows: readonly Row[] = (
  [
    ['rate_limit', 'rate_limiting', '{ burst_multiplier: 2 }', '{ burst_multiplier: 2 }', 'D1'],
    ['rate_limiting.per_agent', 'rate_limiting.per_agent', 'true', '{}', 'D3'],
    [
      'rate_limiting.max_per_minute',
      'rate_limiting.per_agent.max_calls_per_minute',
      '60',
      '60',
      'D9',
    ],
    [
      'rate_limiting.max_calls_per_minute',
      'rate_limiting.per_agent.max_calls_per_minute',
      '60',
      '60',
      'D9',
    ],
    [
      'rate_limiting.max_tokens_per_minute',
      'rate_limiting.per_agent.max_tokens_per_minute',
      '9000',
      '9000',
      'D9',
    ],
    ['circuit_breaker.recovery_timeout', 'circuit_breaker.reset_timeout', '30', '30', 'D1'],
    ['circuit_breaker.half_open_max_calls', 'circuit_breaker.half_open_max', '1', '1', 'D1'],
    [
      'circuit_breaker.monitored_exceptions[]',
      'circuit_breaker.monitored_exceptions',
      '[TimeoutError, ConnectionError, RateLimitError, own]',
      '[timeout, connection_error, rate_limit, own]',
      'D2',
    ],
    ['secrets.provider', 'secrets.backend', 'file', 'file', 'D1'],
    ['secrets_backend', 'secrets.backend', 'vault', 'vault', 'D9'],
  ] as const
).map(([from, to, old, now, code]) => [
  `${s}.${from}`,
  at(`${s}.${from.replace('[]', '')}`, old),
  at(`${s}.${to}`, now),
  code,
]);

const sandboxRows = (path: string): readonly Row[] =>
  (
    [
      ['max_memory_mb', 'constraints.max_memory_mb', '512', '512', 'D9'],
      ['max_cpu_seconds', 'constraints.max_cpu_seconds', '5', '5', 'D9'],
      ['max_output_bytes', 'constraints.max_output_bytes', '1000', '1000', 'D9'],
      ['network', 'network', 'true', '{ enabled: true }', 'D3'],
      ['network_access', 'network.enabled', 'true', 'true', 'D9'],
    ] as const
  ).map(([from, to, old, now, code]) => [
    `${path}.${from}`,
    at(`${path}.${from}`, old),
    at(`${path}.${to}`, now),
    code,
  ]);

const agentRows: readonly Row[] = (
  [
    ['model.fallback', 'model.fallback', 'other', '[other]', 'D3'],
    ['model.fallback', 'model.fallback', '""', '[]', 'D3'],
    ['model.fallback', 'model.fallback', 'null', '[]', 'D3'],
    ['model.temperature', 'model.parameters.temperature', '0.2', '0.2', 'D9'],
    ['model.max_tokens', 'model.parameters.max_tokens', '4096', '4096', 'D9'],
    ['model.top_p', 'model.parameters.top_p', '0.9', '0.9', 'D9'],
    ['output.validation.mode', 'output.validation.strict', 'strict', 'true', 'D3'],
    ['output.validation.mode', 'output.validation.strict', 'lenient', 'false', 'D3'],
    ['output.validation.mode', 'output.validation.strict', 'none', 'none', 'D3'],
    ['output.validation.on_invalid', 'output.validation.on_failure', 'retry', 'error', 'D2'],
    ['output.validation.on_invalid', 'output.validation.on_failure', 'abort', 'error', 'D2'],
    ['output.validation.on_invalid', 'output.validation.on_failure', 'skip', 'skip', 'D2'],
    [
      'output.validation.on_invalid',
      'output.validation.on_failure',
      'use_partial',
      'passthrough',
      'D2',
    ],
    [
      'capabilities.skills.agent_skills',
      'capabilities.skills.agent_specific',
      '[a.md]',
      '[a.md]',
      'D1',
    ],
    ['capabilities.skills.project_skills', 'capabilities.skills.shared', 'false', 'false', 'D1'],
    ['capabilities.tools.max_calls', 'capabilities.tools.max_calls', '0', 'null', 'D3'],
    ['memory.long_term.inject', 'memory.long_term_inject', 'false', 'false', 'D9'],
    ['memory.long_term.enabled', 'memory.long_term_inject', 'false', 'false', 'D9'],
    ['memory.long_term.max_tokens', 'memory.long_term_max_tokens', '500', '500', 'D9'],
    ['memory.daily_log.enabled', 'memory.daily_log_enabled', 'false', 'false', 'D9'],
    ['memory.daily_log.auto_write', 'memory.daily_log_auto_write', 'false', 'false', 'D9'],
  ] as const
).map(([from, to, old, now, code]) => [from, at(from, old), at(to, now), code]);

const ROWS: Readonly<Record<AliasScope, readonly Row[]>> = {
  workflow: [
    ...workflowRows,
    ...graphRows,
    ...memoryRows,
    ...communicationRows,
    ...observabilityRows,
    ...securityRows,
    ...sandboxRows('sandbox'),
  ],
  agent: [...agentRows, ...sandboxRows('capabilities.sandbox')],
};
const CASES = (['workflow', 'agent'] as const).flatMap((scope) =>
  ROWS[scope].map(([from, written, canonical, code]) => ({
    scope,
    from,
    written,
    canonical,
    code,
  })),
);

describe('every spelling of the alias table', () => {
  it('has an example here', () => {
    const shown = new Set(
      CASES.flatMap(({ scope, from, code }) =>
        code.split(' ').map((one) => `${scope} ${from} ${one}`),
      ),
    );
    const DEFAULT_CODES = { move: 'D1', values: 'D2', shape: 'D3' } as const;
    const all = aliases.map(
      ({ scope, from, kind, code = DEFAULT_CODES[kind] }) => `${scope} ${from} ${code}`,
    );
    expect(all.filter((alias) => !shown.has(alias))).toEqual([]);
    expect([...shown].filter((alias) => !all.includes(alias))).toEqual([]);
  });

  it.each(CASES)('$scope: $written', ({ scope, written, canonical, code }) => {
    const { value, codes } = normalised(written, scope);
    expect(value).toEqual(plainValue(treeOf(canonical)));
    expect(new Set(codes)).toEqual(new Set(code.split(' ')));
  });

  it.each(CASES)('is not reported in the standard’s own names: $canonical', (row) => {
    const { value, codes } = normalised(row.canonical, row.scope);
    expect(value).toEqual(plainValue(treeOf(row.canonical)));
    expect(codes).toEqual([]);
  });

  it.each(CASES)('becomes what the schema knows: $canonical', ({ scope, canonical }) => {
    const schema = scope === 'workflow' ? manifestSchema : agentSchema;
    const { diagnostics } = checkFields<unknown>(treeOf(canonical), schema);
    const besides = diagnostics.filter(({ rule }) => rule !== 'S2' && rule !== 'S12');
    expect(besides.map(({ message, path }) => `${path}: ${message}`)).toEqual([]);
  });

  it.each(CASES)('when it is mended, says the same: $written', ({ scope, written, canonical }) => {
    const { diagnostics } = normalise(treeOf(written), scope);
    const edits = diagnostics.flatMap(({ fix }) => (fix ? [fix.edits] : []));
    const { text: mended } = applyEdits(written, edits);
    expect(normalised(mended, scope).value).toEqual(plainValue(treeOf(canonical)));
    if (diagnostics.every(({ fix }) => fix)) expect(normalised(mended, scope).codes).toEqual([]);
  });

  it('leads to a field of the schema, and from none', () => {
    const fields = {
      workflow: new Set([...fieldsOf(manifestSchema)].map(([path]) => path)),
      agent: new Set([...fieldsOf(agentSchema)].map(([path]) => path)),
    };
    for (const alias of aliases) {
      const known = fields[alias.scope];
      if (alias.kind === 'move') {
        expect(known, alias.to).toContain(alias.to);
        expect(known, `${alias.from} is a field of its own`).not.toContain(alias.from);
      } else if (!aliases.some(({ kind, from }) => kind === 'move' && from === alias.from)) {
        expect(known, alias.from).toContain(alias.from.replace(/\[\]$/, ''));
      }
    }
  });

  it('has values that the schema knows', () => {
    const all = new Map([...fieldsOf(manifestSchema), ...fieldsOf(agentSchema)]);
    for (const alias of aliases) {
      const schema = alias.kind === 'values' ? all.get(alias.from) : undefined;
      if (alias.kind !== 'values' || !schema) continue;
      for (const [old, now] of alias.values) {
        expect(schema.safeParse(now).success, `${alias.from}: ${now}`).toBe(true);
        expect(schema.safeParse(old).success, `${alias.from}: ${old}`).toBe(false);
      }
    }
  });
});

describe('two spellings of one thing', () => {
  it.each([
    ['loop: { condition: a, until_condition: b }', 'loop: { condition: a }'],
    ['loop: { until_condition: b, condition: a }', 'loop: { condition: a }'],
  ])('that say different things are a warning, and the standard’s own counts: %s', (both, one) => {
    const { value, codes } = normalised(node(both), 'workflow');
    expect(value).toEqual(plainValue(treeOf(node(one))));
    expect(codes.sort()).toEqual(['D8', 'S14']);
  });

  it('that say the same are no warning', () => {
    const { codes } = normalised(
      at('security.secrets', '{ backend: env, provider: env }'),
      'workflow',
    );
    expect(codes).toEqual(['D1']);
  });

  it('are put together when they are maps', () => {
    const written =
      'memory: { long_term: { inject: false }, tiers: { long_term: { file: M.md } } }';
    const { value, codes } = normalised(written, 'workflow');
    expect(value).toEqual({ memory: { tiers: { long_term: { file: 'M.md', inject: false } } } });
    expect(codes).toEqual(['D9']);
  });

  it('are not mended by a rename, which would make the key a second time', () => {
    const written = at('security.secrets', '{ backend: env, provider: file }');
    const { diagnostics } = normalise(treeOf(written), 'workflow');
    expect(diagnostics.map(({ rule, fix }) => [rule, fix])).toEqual([
      ['D1', undefined],
      ['S14', undefined],
    ]);
  });

  it('at the place of an empty section take its place', () => {
    const { value } = normalised('settings: { custom: { a: 1 } }\nworkflow:\n', 'workflow');
    expect(value).toEqual({ workflow: { settings: { custom: { a: 1 } } } });
  });

  it('never overwrite a section that is no map', () => {
    const { value } = normalised('settings: { custom: { a: 1 } }\nworkflow: 5\n', 'workflow');
    expect(value).toEqual({ workflow: 5 });
  });
});

describe('what is no spelling of anything', () => {
  it.each([
    ['a condition of the standard', node('depends_on: [{ id: b, condition: always }]'), 'workflow'],
    ['a path outside of agents/', node('agent: shared/agents/planner'), 'workflow'],
    ['a path below an agent', node('agent: agents/planner/inner'), 'workflow'],
    ['an agent that is no text', node('agent: 5'), 'workflow'],
    ['no dependencies', node('depends_on: null'), 'workflow'],
    ['a negative number of attempts', node('retry: -1'), 'workflow'],
    ['half an attempt', node('retry: 1.5'), 'workflow'],
    ['a box with a network that is a text', 'sandbox: { network: some }', 'workflow'],
    ['a number of calls', at('capabilities.tools.max_calls', '3'), 'agent'],
    ['a fallback that is a number', at('model.fallback', '5'), 'agent'],
    ['logging without a destination', at('observability.logging.destination', '7'), 'workflow'],
    ['a section that is a list', 'memory: [long_term]', 'workflow'],
    ['a graph that is a text', 'orchestration: { graph: a }', 'workflow'],
  ] as const)('stays as it is: %s', (_, written, scope) => {
    const { value, codes } = normalised(written, scope);
    expect(value).toEqual(plainValue(treeOf(written)));
    expect(codes).toEqual([]);
  });

  it.each([
    ['workflow.conformance', 'workflow.autonomy', 'L9', 'workflow'],
    ['observability.audit.hash_chain', 'observability.audit.integrity', 'maybe', 'workflow'],
    [
      'communication.bus.max_message_size_kb',
      'communication.bus.max_message_size',
      'big',
      'workflow',
    ],
    ['output.validation.mode', 'output.validation.strict', 'stern', 'agent'],
    ['output.validation.on_invalid', 'output.validation.on_failure', 'shrug', 'agent'],
  ] as const)(
    '%s moves to %s with its value, which the schema then refuses: %s',
    (from, to, value, scope) => {
      const { tree } = normalise(treeOf(at(from, value)), scope);
      expect(plainValue(tree)).toEqual(plainValue(treeOf(at(to, value))));
      const schema = scope === 'workflow' ? manifestSchema : agentSchema;
      const issues = schema.safeParse(plainValue(tree)).error?.issues ?? [];
      expect(issues.map(({ path }) => path.join('.'))).toContain(to);
    },
  );
});

function treeOf(text: string): YamlMap {
  const { tree, diagnostics } = parseYaml(text, 'workflow.awp.yaml');
  expect(diagnostics, text).toEqual([]);
  if (tree?.kind !== 'map') throw new Error(`no map: ${text}`);
  return tree;
}

function normalised(text: string, scope: AliasScope): { value: Json; codes: string[] } {
  const { tree, diagnostics } = normalise(treeOf(text), scope);
  return { value: plainValue(tree), codes: diagnostics.map(({ rule }) => rule) };
}
