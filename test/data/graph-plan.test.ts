import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { planSchema } from '../../src/data/plan-schema.ts';
import { agentFile, exampleFolder, planIn, planOf } from './graph-make.ts';

/** The first node of a graph with these fields, and the plan around it. */
async function nodeOf(fields: string, more: Record<string, string> = {}) {
  const plan = await planOf({ graph: `- { id: one, agent: one, ${fields} }`, ...more });
  return { plan, node: plan.graph?.nodes[0] };
}

describe('the plan of a graph', () => {
  const examples = readdirSync(exampleFolder).filter((name) => {
    const file = join(exampleFolder, name, 'workflow.awp.yaml');
    try {
      return !/engine: delegation_loop/.test(readFileSync(file, 'utf8'));
    } catch {
      return false;
    }
  });

  it.each(examples)('is made for the example %s, and fits the schema of logs', async (name) => {
    const plan = await planIn(join(exampleFolder, name));
    expect(planSchema.safeParse(plan).error?.issues).toBeUndefined();
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it('has everything of a small example', async () => {
    const { graph, agents, ...plan } = await planIn(join(exampleFolder, 'sub-workflow'));
    const shape = (nodes: NonNullable<typeof graph>['nodes']): Json =>
      nodes.map(({ id, kind, agent, graph: inner, inputMapping, outputMapping, dependsOn }) => ({
        id,
        kind,
        after: dependsOn.map((one) => one.id),
        ...(agent !== undefined && { agent }),
        ...(inner && { inner: shape(inner.nodes) }),
        ...(inputMapping && { in: { ...inputMapping } }),
        ...(outputMapping && { out: { ...outputMapping } }),
      }));
    expect(shape(graph?.nodes ?? [])).toMatchInlineSnapshot(`
      [
        {
          "after": [],
          "agent": "editor",
          "id": "editor",
          "kind": "agent",
        },
        {
          "after": [
            "editor",
          ],
          "id": "weather",
          "in": {
            "place": "state.editor.place",
          },
          "inner": [
            {
              "after": [],
              "agent": "weather/author",
              "id": "author",
              "kind": "agent",
            },
          ],
          "kind": "subworkflow",
          "out": {
            "weather_text": "state.author.text",
          },
        },
        {
          "after": [
            "editor",
          ],
          "id": "news",
          "inner": [
            {
              "after": [],
              "agent": "news/author",
              "id": "author",
              "kind": "agent",
            },
          ],
          "kind": "subworkflow",
        },
        {
          "after": [
            "weather",
            "news",
          ],
          "agent": "layout",
          "id": "layout",
          "kind": "agent",
        },
      ]
    `);
    expect(Object.keys(agents ?? {})).toEqual([
      'editor',
      'weather/author',
      'news/author',
      'layout',
    ]);
    expect(agents?.editor).toMatchInlineSnapshot(
      { hash: expect.any(String) },
      `
      {
        "attempts": 5,
        "denied": [
          "*",
          "*.*",
        ],
        "description": "Chooses theme and place of the newsletter.",
        "hash": Any<String>,
        "id": "editor",
        "maxOutputTokens": 8192,
        "model": "openrouter/openai/gpt-5-mini",
        "output": {
          "format": "json",
          "onInvalid": "abort",
          "repairs": 3,
          "required": [],
          "schema": {
            "properties": {
              "confidence": {
                "type": "number",
              },
              "place": {
                "type": "string",
              },
              "theme": {
                "type": "string",
              },
            },
            "type": "object",
          },
          "sensitive": [],
          "unshared": [],
          "validation": "strict",
        },
        "preprocessors": [],
        "prompt": {
          "fragments": [],
          "order": [
            "system",
            "skills",
            "memory",
            "messages",
            "context",
            "additional",
          ],
          "system": "You choose a theme and a place for the newsletter of today. Answer with JSON: \`theme\`, \`place\`,
      \`confidence\`.
      ",
          "variables": {},
        },
        "role": "Editor",
        "skills": [],
        "temperature": 0,
        "toolRounds": 0,
        "tools": [],
      }
    `,
    );
    expect(plan).toMatchObject({ engine: 'dag', name: 'sub-workflow', version: 1 });
  });
});

describe('a field of a node', () => {
  it.each([
    ['description: Writes.', { description: 'Writes.' }],
    ['enabled: false', { enabled: false }],
    ['enabled: state.on', { enabled: 'state.on' }],
    ['when: state.x > 1', { when: 'state.x > 1' }],
    ['share_input: [text]', { shareInput: ['text'] }],
    ['share_input: { two: [text] }', { shareInput: { two: ['text'] } }],
    ['share_output: [text]', { shareOutput: ['text'] }],
    ['timeout: 1.5', { timeoutMs: 1500 }],
    ['on_failure: skip', { onFailure: 'skip' }],
    ['on_failure: abort', { onFailure: 'stop' }],
    ['on_failure: retry', { onFailure: 'stop', retry: { attempts: 2 } }],
    [
      'on_failure: retry, retry: { max_attempts: 4 }',
      { onFailure: 'stop', retry: { attempts: 4 } },
    ],
    ['retry: 2', { retry: { attempts: 3, backoff: 'exponential' } }],
    ['retry: 0', { retry: { attempts: 1 } }],
    [
      'retry: { max_attempts: 3, backoff: linear, backoff_base: 0.5, backoff_max: 9, retryable_errors: [timeout], non_retryable_errors: [x] }',
      {
        retry: {
          ...{ attempts: 3, backoff: 'linear', baseMs: 500, maxMs: 9000 },
          ...{ retryable: ['timeout'], nonRetryable: ['x'] },
        },
      },
    ],
    [
      'retry: { max_attempts: 2, retryable_errors: [auth_error] }',
      { retry: { attempts: 2, retryable: ['auth_error'], nonRetryable: [] } },
    ],
    [
      'retry: { max_attempts: 2, non_retryable_errors: [timeout] }',
      {
        retry: {
          retryable: ['timeout', 'rate_limit', 'server_error'],
          nonRetryable: ['timeout'],
        },
      },
    ],
    ['retry: { max_attempts: 2 }', { retry: { nonRetryable: ['validation_error', 'auth_error'] } }],
    [
      'loop: { type: interactive, max_iterations: 3, condition: result.more, prompt_field: q, input_channel: user }',
      {
        repeat: {
          ...{ interactive: true, max: 3, condition: 'result.more' },
          ...{ promptField: 'q', inputChannel: 'user' },
        },
      },
    ],
    ['loop: { until_condition: result.more }', { repeat: { max: 5, condition: 'result.more' } }],
    ["loop: { until_condition: '' }", { repeat: { interactive: false, max: 5 } }],
    [
      'fan_out: { source: state.a.b, variable: x, max_parallel: 2 }, fan_in: { strategy: reduce, target_field: sum, expr: acc + item }',
      {
        fanOut: { source: 'a.b', variable: 'x', maxParallel: 2 },
        fanIn: { strategy: 'reduce', targetField: 'sum', expr: 'acc + item' },
      },
    ],
    [
      'fan_out: { source_field: a.b, aggregation: concat, agent_template: two }',
      {
        agent: 'two',
        fanOut: { source: 'a.b', variable: 'fan_out_item', maxParallel: 4, agent: 'two' },
        fanIn: { strategy: 'concat' },
      },
    ],
    ['fan_out: { source: a }', { fanIn: { strategy: 'merge' } }],
    [
      'fan_out: { source: a }, fan_in: { strategy: custom, tool: x.y }',
      { fanIn: { strategy: 'custom', tool: 'x.y' } },
    ],
    ['approval: before', { approval: 'before' }],
    ['approval: after', { approval: 'after' }],
    [
      'depends_on: [two, { id: three, condition: always, expr: state.x }]',
      {
        dependsOn: [
          { id: 'two', condition: 'success' },
          { id: 'three', condition: 'always', expr: 'state.x' },
        ],
      },
    ],
    [
      'depends_on: { agent: two, condition: failure }',
      { dependsOn: [{ id: 'two', condition: 'failure' }] },
    ],
    [
      'depends_on: [{ agent: two, when: state.x }]',
      { dependsOn: [{ id: 'two', expr: 'state.x' }] },
    ],
  ])('%s', async (fields, expected) => {
    const plan = await planOf({
      graph: `- { id: one, agent: one, ${fields} }\n- { id: two, agent: two }\n- { id: three, agent: two }`,
    });
    expect(plan.graph?.nodes[0]).toMatchObject(expected);
  });

  it.each(['loop: { enabled: false }', 'fan_out: { enabled: false, source: a }'])(
    '%s switches it off',
    async (fields) => {
      const { node } = await nodeOf(fields);
      expect(node).not.toHaveProperty('repeat');
      expect(node).not.toHaveProperty('fanOut');
    },
  );

  it('may name an agent that other nodes have, too', async () => {
    const plan = await planOf({ graph: '- { id: one, agent: one }\n- { id: two, agent: one }' });
    expect(plan.graph?.nodes.map(({ agent }) => agent)).toEqual(['one', 'one']);
    expect(Object.keys(plan.agents ?? {})).toEqual(['one']);
  });
});

describe('execution', () => {
  const node = { graph: '- { id: one, agent: one }' };

  it.each([
    ['mode: sequential', { graph: { mode: 'sequential' } }],
    ['max_parallel_agents: 2', { graph: { maxParallel: 2 }, limits: { parallel: 2 } }],
    ['timeout_per_agent: 7', { graph: { nodes: [{ timeoutMs: 7000 }] } }],
    ['timeout: { per_agent: 7, total: 70 }', { limits: { time: 70_000 } }],
    ['timeout_total: 900', { limits: { time: 900_000 } }],
    ['timeout_idle: 20', { graph: { idleMs: 20_000 } }],
    ['timeout_per_agent: 200', { graph: { idleMs: 200_000 } }],
    ['on_error: continue', { graph: { nodes: [{ onFailure: 'continue' }] } }],
    ['on_error: retry', { graph: { nodes: [{ onFailure: 'stop', retry: { attempts: 2 } }] } }],
    [
      'error_handling: { max_retries: 2, retry_delay: 3 }',
      { graph: { nodes: [{ retry: { attempts: 3, backoff: 'linear', baseMs: 3000 } }] } },
    ],
    ['error_handling: { default: continue }', { graph: { nodes: [{ onFailure: 'continue' }] } }],
    [
      'error_handling: { fallback_agent: two }',
      { graph: { nodes: [{ degradation: [{ fallback: 'agent', agent: 'two' }] }] } },
    ],
    ['error_handling: { fallback_agent: one }', { graph: { nodes: [{ degradation: [] }] } }],
  ])('%s', async (execution, expected) => {
    expect(await planOf({ ...node, execution })).toMatchObject(expected);
  });

  it('gives way to what a node says itself', async () => {
    const plan = await planOf({
      graph: '- { id: one, agent: one, on_failure: stop, timeout: 3, retry: { max_attempts: 1 } }',
      execution: 'on_error: continue\ntimeout_per_agent: 9\nerror_handling: { max_retries: 4 }',
    });
    expect(plan.graph?.nodes[0]).toMatchObject({
      onFailure: 'stop',
      timeoutMs: 3000,
      retry: { attempts: 1 },
    });
  });

  it('has the defaults of decision 27 when it is left out', async () => {
    const plan = await planOf(node);
    expect(plan).toMatchObject({
      graph: {
        mode: 'parallel',
        maxParallel: 4,
        idleMs: 120_000,
        nodes: [{ onFailure: 'stop', timeoutMs: 120_000, retry: { attempts: 1 }, degradation: [] }],
        context: { totalChars: 64_000, minPerEntry: 4000, previewChars: 2000 },
      },
      limits: {
        ...{ workers: null, tokens: 500_000, time: 300_000, tools: 100 },
        ...{ cost: null, loops: null },
      },
    });
  });
});

describe('limits', () => {
  const node = { graph: '- { id: one, agent: one }' };

  it.each([
    ['max_agent_runs: 3', '', { workers: 3 }],
    ['max_agent_runs: null', '', { workers: null }],
    [
      'max_total_tokens: 9, max_tool_calls: null, max_cost_usd: 0.5',
      '',
      { tokens: 9, tools: null, cost: 0.5, workers: 50 },
    ],
    ['max_wall_time: 900', '', { time: 900_000 }],
    ['max_wall_time: 900', 'timeout_total: 100', { time: 100_000 }],
    ['max_wall_time: 50', 'timeout_total: 100', { time: 50_000 }],
    ['max_wall_time: null', '', { time: 300_000 }],
    [
      'max_wall_time: 9, max_agent_runs: 3, max_total_tokens: 8, enabled_limits: [max_total_tokens]',
      '',
      { tokens: 8, workers: null, tools: null, time: 300_000 },
    ],
  ])('{ %s } with %s', async (budget, execution, expected) => {
    const plan = await planOf({ ...node, execution, orchestration: `run_budget: { ${budget} }` });
    expect(plan.limits).toMatchObject(expected);
  });

  it('leave room for two runs of every node of a large graph', async () => {
    const graph = Array.from({ length: 40 }, (_, index) => `- { id: n${index}, agent: one }`);
    const orchestration = 'run_budget: { max_total_tokens: 9 }';
    const plan = await planOf({ graph: graph.join('\n'), orchestration });
    expect(plan.limits.workers).toBe(80);
  });

  it('do not count agents when nobody says how many there may be', async () => {
    const graph = '- { id: one, agent: one, fan_out: { source: list } }';
    expect((await planOf({ graph })).limits.workers).toBeNull();
  });

  it.each([
    [{ budget: { loops: 3 } }, 'budget.loops'],
    [{ maxDepth: 2 }, 'budget.depth'],
    [{ managerModel: 'a/b' }, 'managerModel (--manager-model)'],
    [{ model: 'a/b', workerModel: 'c/d' }, 'workerModel (--worker-model)'],
  ])('of loops are refused where there is none: %j', async (given, name) => {
    await expect(planOf(node, given)).rejects.toMatchObject({
      code: 'usage/bad-option',
      message: `the option ${name} does not go with this workflow`,
    });
    const loop = { graph: '- { id: loop, type: delegation_loop, config: {} }' };
    await expect(planOf(loop, { model: 'a/b', ...given })).resolves.toMatchObject({});
  });

  it('of loops that say nothing are no mistake', async () => {
    const given = {
      budget: { loops: null },
      model: 'a/b',
      managerModel: 'a/b',
      workerModel: 'a/b',
    };
    await expect(planOf(node, given)).resolves.toMatchObject({ limits: { loops: null } });
  });

  it('give way to those of the run', async () => {
    const plan = await planOf(node, { budget: { tokens: 5, maxWallTime: '1m' } as never });
    expect(plan.limits).toMatchObject({ tokens: 5, time: 60_000, workers: null });
  });

  it('share what prompts show of earlier results', async () => {
    const orchestration =
      'context_budget: { total_chars: 9000, min_per_entry: 10, preview_chars: 5 }';
    const plan = await planOf({ ...node, orchestration });
    expect(plan.graph?.context).toEqual({ totalChars: 9000, minPerEntry: 10, previewChars: 5 });
  });
});

describe('degradation', () => {
  it('is kept in order for the agent that it names, by node, folder or id', async () => {
    const plan = await planOf({
      graph: '- { id: first, agent: one }\n- { id: two, agent: two }',
      orchestration:
        'degradation: [{ agent: one, fallback: two }, { agent: first, fallback: cached_results, max_staleness: 2 }, { agent: one, fallback: cached_results }, { agent: two, fallback: skip }]',
    });
    expect(plan.graph?.nodes.map(({ degradation }) => degradation)).toEqual([
      [
        { fallback: 'agent', agent: 'two' },
        { fallback: 'cached_results', maxStalenessMs: 2000 },
        { fallback: 'cached_results', maxStalenessMs: null },
      ],
      [{ fallback: 'skip' }],
    ]);
  });
});

describe('the state', () => {
  const state = (text: string) => planOf({ graph: '- { id: one, agent: one }', state: text });

  it.each([
    ['initial: { a: 1 }', { initial: { a: 1 } }],
    ['required_fields: [a]', { required: ['a'] }],
    [
      `auto_inject: { run: "{{RUN_ID}}", at: "${'$'}{now}", when: ["{{ TIMESTAMP }} {{DATE}}", "{{other}}"] }`,
      {
        initial: {
          run: 'r-1',
          at: '1970-01-01T00:00:00.000Z',
          when: ['1970-01-01T00:00:00.000Z 1970-01-01', '{{other}}'],
        },
      },
    ],
    [
      'limits: { max_state_size_mb: 2, max_field_size_mb: 0.5, max_fields: 7 }',
      { limits: { bytes: 2_097_152, fieldBytes: 524_288, fields: 7 } },
    ],
    [
      'persistence: { path: kept, interval: per_run, snapshot_on_completion: false }',
      { persistence: { folder: 'kept', interval: 'per_run', last: false } },
    ],
    [
      'sharing: { strategy: selective, rules: [{ from: one, to: two, fields: [a], transform: value.b }], never_share: [x], sensitive_fields: [text], validation: strict }',
      {
        sharing: {
          strategy: 'selective',
          rules: [{ from: 'one', to: ['two'], fields: ['a'], transform: 'value.b' }],
          ...{ never: ['x'], sensitive: ['text'], validation: 'strict' },
        },
      },
    ],
    [
      'sharing: { rules: [{ from_agent: one, to_agents: [two] }] }',
      { sharing: { rules: [{ from: 'one', to: ['two'], fields: [] }] } },
    ],
  ])('%s', async (text, expected) => {
    expect((await state(text)).graph?.state).toMatchObject(expected);
  });

  it('keeps no files unless it says so', async () => {
    expect((await state('persistence: { enabled: false }')).graph?.state).not.toHaveProperty(
      'persistence',
    );
    expect((await state('initial: {}')).graph?.state).not.toHaveProperty('persistence');
  });

  it('begins with the inputs of the run, but for keys of the runtime and `auto_inject`', async () => {
    const plan = await planOf(
      {
        graph: '- { id: one, agent: one }',
        state: 'initial: { style: short }\nauto_inject: { run: "{{RUN_ID}}" }',
      },
      {
        inputs: {
          style: 'long',
          run: 'mine',
          _meta: 1,
          table: [{ a: 1 }],
          many: { deep: [1] },
          left: null,
        },
      },
    );
    expect(plan.graph?.state.initial).toEqual({
      style: 'long',
      run: 'r-1',
      table: 'inputs/table',
      many: { deep: [1] },
      left: null,
    });
  });
});

describe('evaluation', () => {
  const scored = (text: string) =>
    planOf({
      graph: '- { id: one, agent: one }',
      more: `observability:\n  evaluation: { enabled: true, ${text} }\n`,
    });

  it('has all kinds of metric in both vocabularies, and the defaults of the standard', async () => {
    const plan = await scored(
      `metrics: [
        { name: a, kind: rubric_judge, weight: 2, params: { rubric: Good? } },
        { name: b, kind: deterministic_test, params: { expr: result.x > 1 } },
        { name: c, kind: deterministic_assertion, params: { assertions: [result.x] } },
        { name: d, kind: deterministic, params: { assertions: [result.x] } },
        { name: e, kind: schema, params: { schema: { type: object } } },
        { name: f, kind: budget_utility },
        { name: g, kind: policy_score, params: { assertions: [result.x] } } ]`,
    );
    expect(plan.evaluation).toEqual({
      metrics: [
        { name: 'a', kind: 'llm_rubric', weight: 2, rubric: 'Good?' },
        { name: 'b', kind: 'deterministic', weight: 1, expr: 'result.x > 1' },
        { name: 'c', kind: 'assertions', weight: 1, assertions: ['result.x'] },
        { name: 'd', kind: 'assertions', weight: 1, assertions: ['result.x'] },
        { name: 'e', kind: 'schema', weight: 1, schema: { type: 'object' } },
        { name: 'f', kind: 'budget', weight: 1 },
        { name: 'g', kind: 'policy', weight: 1, assertions: ['result.x'] },
      ],
      thresholds: { accept: 0.85, retry: 0.65, fail: 0.4 },
      hooks: ['final_answer'],
      judge: { model: 'scripted', temperature: 0 },
      folder: 'data/evaluation',
    });
  });

  it('takes thresholds, hooks, repairs, judge and folder from the manifest', async () => {
    const plan = await scored(
      `metrics: [{ name: f, kind: budget }], thresholds: { accept: 0.9, retry: 0.5, fail: 0.1 },
        step_scores: { enabled: true, hooks: [worker_result, final_answer] },
        retry_policy: { enabled: true, max_repairs: 1, actions: { below_retry: accept_with_warning } },
        rubric_judge: { model: x/y, temperature: 0.5 }, artifact_path: scores`,
    );
    expect(plan.evaluation).toMatchObject({
      thresholds: { accept: 0.9, retry: 0.5, fail: 0.1 },
      hooks: ['worker_result', 'final_answer'],
      repair: { max: 1, belowRetry: 'accept_with_warning', belowFail: 'fail_workflow' },
      judge: { model: 'x/y', temperature: 0.5 },
      folder: 'scores',
    });
  });

  it('is left out when it is off', async () => {
    expect(await planOf({ graph: '- { id: one, agent: one }' })).not.toHaveProperty('evaluation');
  });
});

describe('sub-workflows', () => {
  const child = (graph: string) => ({
    'parts/sub/workflow.awp.yaml': `awp: "1.0.0"\nworkflow: { name: sub, version: 1.0.0, description: Part }\norchestration:\n  graph:\n${graph.replace(/^/gm, '    ')}\n`,
    'parts/sub/agents/inner/agent.awp.yaml': agentFile('inner'),
  });

  it('are inside of their nodes, with their own agents, mapped by name and by node', async () => {
    const plan = await planOf({
      graph: `- { id: one, agent: one }
- { id: part, subworkflow: named, input_mapping: { place: one.city, more: "1 + 1" }, output_mapping: { told: text, n: state.inner.n }, timeout: 9 }
- { id: bare, subworkflow: parts/sub }`,
      orchestration:
        'subworkflows: [{ name: named, ref: ./parts/sub/, input_mapping: { where: place }, output_mapping: { text: words } }]',
      files: child('- { id: inner, agent: inner }'),
    });
    const [, part, bare] = plan.graph?.nodes ?? [];
    expect(part).toMatchObject({
      kind: 'subworkflow',
      timeoutMs: 9000,
      graph: { name: 'sub', idleMs: null, nodes: [{ id: 'inner', agent: 'part/inner' }] },
      inputMapping: { more: '1 + 1', where: 'state.one.city' },
      outputMapping: { told: 'state.inner.words', n: 'state.inner.n' },
    });
    expect(bare).not.toHaveProperty('inputMapping');
    expect(bare).not.toHaveProperty('outputMapping');
    expect(Object.keys(plan.agents ?? {})).toEqual(['one', 'part/inner', 'bare/inner']);
  });

  it('hide what is sensitive around them, too', async () => {
    const files = child('- { id: inner, agent: inner }');
    const key = 'parts/sub/workflow.awp.yaml';
    const own = 'state: { initial: { own: null }, sharing: { sensitive_fields: [own] } }\n';
    const plan = await planOf({
      graph: '- { id: part, subworkflow: parts/sub, output_mapping: { pin: state.inner.code } }',
      state: 'initial: { iban: null }\nsharing: { sensitive_fields: [iban, part.pin] }',
      files: { ...files, [key]: `${files[key]}${own}` },
    });
    expect(plan.graph?.state.sharing.sensitive).toEqual(['iban', 'part.pin']);
    expect(plan.graph?.nodes[0]?.graph?.state.sharing.sensitive).toEqual([
      ...['own', 'iban', 'inner.code'],
    ]);
  });

  it('may be a delegation loop, which is then the only node', async () => {
    const plan = await planOf({
      graph: '- { id: part, subworkflow: parts/sub, output_mapping: { said: summary } }',
      files: {
        'parts/sub/workflow.awp.yaml':
          'awp: "1.0.0"\nworkflow: { name: sub, version: 1.0.0, description: Part }\norchestration:\n  engine: delegation_loop\n  delegation_loop: { budget: { max_loops: 2 } }\n',
      },
    });
    expect(plan.graph?.nodes[0]).toMatchObject({
      graph: { nodes: [{ id: 'loop', kind: 'delegation_loop', loop: 'part/loop' }] },
      outputMapping: { said: 'state.loop.summary' },
    });
    expect(plan.loops?.['part/loop']?.limits.loops).toBe(2);
  });

  it.each([
    ['execution: { timeout_total: 4 }', '', 4000],
    ['execution: { timeout_total: 4 }', ', timeout: 3', 3000],
    ['run_budget: { max_wall_time: 5 }', ', timeout: 9', 5000],
    ['run_budget: { max_total_tokens: 5 }', '', null],
  ])('end at the time that they or their nodes write: %s%s', async (own, timeout, timeoutMs) => {
    const plan = await planOf({
      graph: `- { id: part, subworkflow: parts/sub${timeout} }`,
      files: {
        ...child('- { id: inner, agent: inner }'),
        'parts/sub/workflow.awp.yaml': `awp: "1.0.0"\nworkflow: { name: sub, version: 1.0.0, description: Part }\norchestration: { graph: [{ id: inner, agent: inner }], ${own} }\n`,
      },
    });
    expect(plan.graph?.nodes[0]?.timeoutMs).toBe(timeoutMs);
  });
});

describe('a delegation loop as a node', () => {
  it('has its manager, workers and share of the budget', async () => {
    const plan = await planOf({
      graph: `- id: loop
  type: delegation_loop
  description: Finds out.
  config:
    manager: one
    models: { worker: [w/x, w/y] }
    budget: { max_loops: 3, max_total_tokens: null, max_wall_time: 60 }
    worker_policy: { enforced: { forbidden_tools: [web.search] } }
    termination: { window: 7 }`,
    });
    expect(plan.graph?.nodes[0]).toMatchObject({
      kind: 'delegation_loop',
      loop: 'loop',
      timeoutMs: null,
    });
    expect(plan.loops?.loop).toMatchObject({
      task: 'Finds out.',
      manager: { model: 'scripted', instructions: 'You are one.' },
      worker: { model: 'w/x', fallback: ['w/y'], denied: expect.arrayContaining(['web.search']) },
      stall: { enabled: true, window: 7 },
      limits: { loops: 3, tokens: null, time: 60_000, workers: 20 },
    });
  });

  it('is limited in turns, workers and depth when it has no budget', async () => {
    const plan = await planOf({ graph: '- { id: loop, type: delegation_loop }' });
    expect(plan.loops?.loop?.limits).toEqual({ loops: 15, workers: 20, depth: 3, parallel: 8 });
  });
});

describe('functions of the program', () => {
  it('stand in for agents, loops and sub-workflows, which are then no part of the plan', async () => {
    const run = () => ({});
    const plan = await planOf(
      {
        graph: `- { id: one, agent: one, fan_out: { source: x, agent_template: two }, on_failure: continue }
- { id: loop, type: delegation_loop }`,
        execution: 'error_handling: { fallback_agent: two }',
      },
      { steps: { one: run, loop: run } },
    );
    expect(plan.graph?.nodes).toMatchObject([
      { id: 'one', kind: 'step', onFailure: 'continue', degradation: [] },
      { id: 'loop', kind: 'step' },
    ]);
    expect(plan.graph?.nodes[0]?.fanOut).toEqual({
      source: 'x',
      variable: 'fan_out_item',
      maxParallel: 4,
    });
    expect(plan).toMatchObject({ agents: {}, loops: {}, simulated: false });
  });
});

describe('tools that join results', () => {
  it.each([
    ['by the run', { forbiddenTools: ['reviews.*'] }, undefined],
    ['by the workflow', {}, 'safety_envelope: { forbidden_tools: [reviews.rank] }'],
  ])('are refused when they are forbidden %s', async (_by, options, more) => {
    const graph = `- id: one
  agent: one
  fan_out: { source: x }
  fan_in: { strategy: custom, tool: reviews.rank }`;
    await expect(planOf({ graph, ...(more && { more }) }, options)).rejects.toMatchObject({
      code: 'spec/invalid',
      message: expect.stringContaining('fan_in.tool: reviews.rank is forbidden in this run'),
    });
  });
});
