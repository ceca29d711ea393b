import { describe, expect, it } from 'vitest';
import { agentFile, alone, findingsBy, folder, graph, loop, manifest, said } from './write.ts';

const severities = async (...of: Parameters<typeof findingsBy>): Promise<string[]> =>
  (await findingsBy(...of)).map(({ severity }) => severity);

describe('R9: contracts', () => {
  const output = (contract: string, format = 'json') =>
    alone(agentFile({ output: `{ format: ${format}, ${contract} }` }));

  it.each([
    ['fields', 'contract: { summary: { type: string }, confidence: { type: number } }'],
    ['short fields', 'contract: { summary: string, confidence: float }'],
    ['JSON Schema', 'contract: { type: object, properties: { confidence: { type: number } } }'],
    [
      'fields named like keywords',
      'contract: { required: bool, type: { type: str }, confidence: float }',
    ],
    ['a field called properties', 'contract: { properties: { type: list }, confidence: float }'],
    ['names of JavaScript', 'contract: { toString: string, confidence: number }'],
  ])('can be %s', async (_, contract) => {
    expect(await said('R9', output(contract), { strict: true })).toEqual([]);
  });

  it.each([
    ['none', ''],
    ['null', 'contract: null'],
    ['a list', 'contract: [summary]'],
    ['a number', 'contract: 5'],
    ['a field without a type', 'contract: { summary: {}, confidence: number }'],
    ['a field of an unknown type', 'contract: { summary: { type: txt }, confidence: number }'],
    [
      'JSON Schema with an unknown type',
      'contract: { type: object, properties: { confidence: { type: txt } } }',
    ],
    [
      'JSON Schema that refers to the net',
      'contract: { $ref: "https://example.org/s.json", properties: { confidence: {} } }',
    ],
    ['a pattern that is none', 'contract: { properties: { confidence: {}, a: { pattern: "(" } } }'],
  ])('cannot be %s', async (_, contract) => {
    expect(await severities('R9', output(contract))).toEqual(['error']);
  });

  it('is asked of texts too, but without a confidence', async () => {
    expect(await severities('R9', output('', 'text'))).toEqual(['error']);
    expect(await severities('R9', output('contract: { text: string }', 'text'))).toEqual([]);
  });

  it('warns without confidence; the reference refuses that', async () => {
    const without = output('contract: { summary: string }');
    expect(await severities('R9', without)).toEqual(['warning']);
    expect(await severities('R9', without, { profile: 'reference' })).toEqual(['error']);
  });

  it('is read from a file, in which problems have their places', async () => {
    const files = {
      ...folder(graph(['{ id: writer }']), {
        writer: agentFile({ output: '{ format: json, contract: contract.json }' }),
      }),
      'agents/writer/contract.json':
        '{"type": "object", "properties": {"confidence": {"type": "txt"}}}',
    };
    const [found] = await findingsBy('R9', files);
    expect(found?.file).toBe('agents/writer/contract.json');
    expect(found?.path).toBe('properties.confidence.type');
    const { 'agents/writer/contract.json': _, ...missing } = files;
    expect(await severities('R9', missing)).toEqual([]);
    expect(await severities('S6', missing)).toEqual(['error']);
  });

  it('is not asked of a manager, whose answers are decisions', async () => {
    const text = loop('{ manager: chief, budget: { max_depth: 1 } }');
    const agent = (id: string): string => agentFile({ id, output: '{ format: json }' });
    const files = folder(text, { chief: agent('chief'), writer: agent('writer') });
    const found = await findingsBy('R9', files);
    expect(found.map(({ file }) => file)).toEqual(['agents/writer/agent.awp.yaml']);
  });
});

describe('R10 and R11: names of tools', () => {
  const tools = (...declarations: string[]): string =>
    manifest(`capabilities: { custom_tools: { declarations: [${declarations.join(', ')}] } }`);

  it.each([
    ['a name of its own', '{ fqn: news.feed }'],
    ['a built-in tool that it replaces', '{ fqn: file.read, replaces: true }'],
    ['several names of a module', '{ module: news.py, tools: [news.feed, news.archive] }'],
    ['a namespace that only begins like a reserved one', '{ fqn: webs.search }'],
    ['a name of JavaScript', '{ fqn: constructor.call }'],
  ])('accepts %s', async (_, declaration) => {
    expect(await said('R10', tools(declaration))).toEqual([]);
    expect(await said('R11', tools(declaration))).toEqual([]);
  });

  const reserved =
    'web http file shell agent memory arithmetic numpy matplot pandas doc sklearn terminal code tools pip board digest repo mcp awp';
  it.each(reserved.split(' '))('keeps %s for built-in tools', async (namespace) => {
    expect(await said('R10', tools(`{ fqn: ${namespace}.other }`))).toEqual([
      `error at ${namespace}.other: the namespace \`${namespace}\` is reserved`,
    ]);
  });

  it('keeps what the workflow itself reserves', async () => {
    const text = manifest(
      'capabilities: { custom_tools: { reserved_namespaces: [news], declarations: [{ fqn: news.feed }] } }',
    );
    expect(await severities('R10', text)).toEqual(['error']);
  });

  it.each(['feed', 'News.feed', 'news.feed.all', 'news.', '.feed', '5', '""', '[news.feed]', '{}'])(
    'refuses the name %s',
    async (name) => {
      const files = tools(`{ fqn: ${name} }`);
      const found = [...(await findingsBy('R10', files)), ...(await findingsBy('S1', files))];
      expect(found.map(({ severity }) => severity)).toEqual(['error']);
    },
  );

  it('reads both forms and the older place', async () => {
    const text = manifest('custom_tools: { declarations: [{ module: a.py, tools: [web.feed] }] }');
    expect(await severities('R10', text)).toEqual(['error']);
  });

  it('finds a name twice, in both forms, with the first place', async () => {
    const [found, ...others] = await findingsBy(
      'R11',
      tools('{ fqn: news.feed }', '{ module: a.py, tools: [news.archive, news.feed] }'),
    );
    expect(found?.message).toBe('there are two tools called `news.feed`');
    expect(found?.path).toBe('capabilities.custom_tools.declarations[1].tools[1]');
    expect(found?.related).toHaveLength(1);
    expect(others).toEqual([]);
  });

  it('finds the name of a built-in tool', async () => {
    expect(await said('R11', tools('{ fqn: web.search }'))).toEqual([
      'error at web.search: `web.search` is a built-in tool',
    ]);
  });
});

describe('R13 and R14: keys of the state', () => {
  it.each(['_meta', '_errors', '_trace', '_workflow'])('keeps %s for the runtime', async (key) => {
    for (const text of [
      manifest(`state: { initial: { ${key}: 1 } }`),
      manifest(`state: { auto_inject: { ${key}: 1 } }`),
      graph([`{ id: writer, share_output: [${key}] }`]),
      alone(agentFile({ output: `{ contract: { ${key}: string, confidence: number } }` })),
    ]) {
      expect(await severities('R13', text)).toEqual(['error']);
    }
  });

  it('leaves other names alone', async () => {
    const text = manifest(
      'state: { initial: { meta: 1, _own: 2, _Meta: 3, nested: { _meta: 4 } } }',
    );
    expect(await said('R13', text)).toEqual([]);
  });

  const sensitive = (name: string, rest = ''): Record<string, string> =>
    folder(
      graph(['{ id: author, agent: writer, share_output: [draft] }']) +
        `inputs: { key: { type: string } }\nstate: { initial: { user: { password: "" } }, required_fields: [token], sharing: { sensitive_fields: [${name}] } }\n${rest}`,
      { writer: agentFile() },
    );

  it.each([
    ['a key', 'user'],
    ['a part of a key', 'user.password'],
    ['a required key', 'token'],
    ['an input', 'key'],
    ['a node', 'author'],
    ['a field of a contract', 'summary'],
    ['a field with the node', 'author.summary'],
    ['a field with the agent', 'writer.summary'],
    ['a shared field', 'author.draft'],
  ])('knows %s', async (_, name) => {
    expect(await said('R14', sensitive(name))).toEqual([]);
  });

  it.each(['passwort', 'user.name', 'author.text', 'constructor', 'toString'])(
    'does not know %s',
    async (name) => {
      expect(await said('R14', sensitive(name))).toEqual([
        `error at ${name}: no field is called \`${name}\``,
      ]);
    },
  );

  it.each([
    ['pin', []],
    ['part.pin', []],
    ['part.inner.code', []],
    ['code', ['error at code: no field is called `code`']],
  ])('knows what a sub-workflow hands out: %s', async (name, findings) => {
    const text = graph([
      '{ id: part, subworkflow: below, output_mapping: { pin: state.inner.code } }',
    ]);
    const files = folder(`${text}state: { sharing: { sensitive_fields: [${name}] } }\n`, {});
    expect(await said('R14', files)).toEqual(findings);
  });

  it('suggests the name that was meant', async () => {
    const [found] = await findingsBy('R14', sensitive('sumary'));
    expect(found?.help).toBe('did you mean `summary`?');
  });

  it('only warns where workers may answer with any field', async () => {
    const text = loop(
      '{ budget: { max_depth: 0 } }',
      'state: { sharing: { sensitive_fields: [x] } }',
    );
    expect(await severities('R14', folder(text, { writer: agentFile() }))).toEqual(['warning']);
  });
});

describe('R15, R16 and R18: values of other sections', () => {
  const channel = (schema: string): string =>
    manifest(`communication: { channels: [{ name: drafts, schema: ${schema} }] }`);

  it.each(['{ type: object }', '{}', 'true', '{ $ref: "#/$defs/a", $defs: { a: {} } }'])(
    'takes %s as the schema of a channel',
    async (schema) => {
      expect(await said('R15', channel(schema))).toEqual([]);
    },
  );

  it.each([
    '{ type: objekt }',
    '{ properties: { a: { type: txt } } }',
    '{ required: name }',
    '5',
    '[object]',
    '{ $ref: other.json }',
  ])('refuses %s', async (schema) => {
    const found = await findingsBy('R15', channel(schema));
    expect(found.map(({ severity }) => severity)).toEqual(['error']);
    expect(found[0]?.path).toMatch(/^communication\.channels\[0\]\.schema/);
  });

  it.each([
    ['R16', 'state: { sharing: { strategy: VALUE } }', ['full', 'selective', 'isolated']],
    [
      'R18',
      'observability: { audit: { integrity: VALUE } }',
      ['hash_chain', 'merkle_tree', 'none'],
    ],
  ])('%s knows its values and says what was meant', async (code, text, values) => {
    for (const value of values) {
      expect(await said(code, manifest(text.replace('VALUE', value)))).toEqual([]);
      const near = `${value}${value.at(-1)}`;
      const [found] = await findingsBy(code, manifest(text.replace('VALUE', near)));
      expect(found).toMatchObject({ severity: 'error', help: `did you mean \`${value}\`?` });
    }
    for (const wrong of ['everything', '5', 'true', '[full]', '{}', '""', 'toString']) {
      expect(await severities(code, manifest(text.replace('VALUE', wrong)))).toEqual(['error']);
    }
  });

  it('R18 reads the spelling of the reference', async () => {
    expect(await said('R18', manifest('observability: { audit: { hash_chain: true } }'))).toEqual(
      [],
    );
  });
});

describe('R19 to R26 and CT10: code mode', () => {
  const agent = (capabilities: string) => alone(agentFile({ capabilities }));
  const BOX = 'sandbox: { enabled: true, type: subprocess }';
  const TOOLS = 'tools: { enabled: true, allowed: ["web.*", file.read] }';

  it.each([
    ['R19', `{ ${BOX}, codemode: { enabled: true } }`],
    ['R19', `{ ${BOX}, tools: { enabled: false }, codemode: { enabled: true } }`],
    ['R20', `{ ${TOOLS}, codemode: { enabled: true } }`],
    ['R20', `{ ${TOOLS}, sandbox: { type: none }, codemode: { enabled: true } }`],
    ['R21', '{ codemode: { language: ruby } }'],
    ['R21', '{ codemode: { language: [python] } }'],
    ['R22', '{ codemode: { sdk_surface: { mode: explicit } } }'],
    ['R22', '{ codemode: { sdk_surface: { mode: explicit, include: [] } } }'],
    ['R23', `{ ${TOOLS}, codemode: { sdk_surface: { exclude: [file.write] } } }`],
    ['R23', `{ ${TOOLS}, codemode: { sdk_surface: { exclude: [web] } } }`],
    ['R24', '{ sandbox: { type: isolate } }'],
    ['R24', '{ sandbox: { type: isolate, network: { allowed_hosts: [] } } }'],
    ['R25', '{ codemode: { tool_creation: true, tool_creation_namespace: file } }'],
    ['R26', '{ codemode: { tool_creation: true } }'],
  ])('%s refuses %s', async (code, capabilities) => {
    expect(await severities(code, agent(capabilities))).toEqual(['error']);
  });

  it.each([
    ['R19', `{ ${BOX}, codemode: { enabled: false } }`],
    ['R20', '{ codemode: { enabled: false } }'],
    ['R21', '{ codemode: { language: javascript } }'],
    ['R22', '{ codemode: { sdk_surface: { mode: auto } } }'],
    ['R23', '{ codemode: { sdk_surface: { exclude: [file.write] } } }'],
    [
      'R23',
      `{ ${TOOLS}, codemode: { sdk_surface: { exclude: [web.fetch, "file.*", "*.read"] } } }`,
    ],
    ['R24', '{ sandbox: { type: isolate, network: { enabled: false } } }'],
    ['R24', '{ sandbox: { type: subprocess } }'],
    ['R25', '{ codemode: { tool_creation: false, tool_creation_namespace: file } }'],
    ['R26', '{ codemode: { enabled: true, tool_creation: true } }'],
  ])('%s accepts %s', async (code, capabilities) => {
    expect(await severities(code, agent(capabilities))).toEqual([]);
  });

  it("R20 takes the workflow's box", async () => {
    const files = folder(manifest('sandbox: { type: subprocess }'), {
      writer: agentFile({ capabilities: `{ ${TOOLS}, codemode: { enabled: true } }` }),
    });
    expect(await severities('R20', files)).toEqual([]);
  });

  it("R24 looks at the workflow's box too", async () => {
    expect(await severities('R24', manifest('sandbox: { type: isolate }'))).toEqual(['error']);
  });

  it.each([
    ['without dynamic tools', '', 'dynamic', ['R26']],
    ['with dynamic tools that are off', 'dynamic_tools: { enabled: false }', 'dynamic', ['R26']],
    ['in the usual namespace', 'dynamic_tools: { enabled: true }', 'dynamic', []],
    ['in another one', 'dynamic_tools: { enabled: true }', 'news', ['R25']],
    [
      'in one that is allowed',
      'dynamic_tools: { enabled: true, allowed_namespaces: [{ name: news }] }',
      'news',
      [],
    ],
    [
      'where none is allowed',
      'dynamic_tools: { enabled: true, allowed_namespaces: [] }',
      'dynamic',
      ['R25'],
    ],
    [
      'in a reserved one, even if it is allowed',
      'dynamic_tools: { enabled: true, allowed_namespaces: [shell] }',
      'shell',
      ['R25'],
    ],
  ])('R25 and R26 look at tools made %s', async (_, text, namespace, codes) => {
    const codemode = `{ enabled: true, tool_creation: true, tool_creation_namespace: ${namespace} }`;
    const files = folder(manifest(text), {
      writer: agentFile({ capabilities: `{ ${TOOLS}, ${BOX}, codemode: ${codemode} }` }),
    });
    const found = [...(await findingsBy('R25', files)), ...(await findingsBy('R26', files))];
    expect(found.map(({ rule }) => rule)).toEqual(codes);
  });

  it('CT10 asks only tools of workflows with code mode', async () => {
    const text = manifest(
      'capabilities: { custom_tools: { declarations: [{ fqn: news.feed, async: false }, { fqn: news.all }] } }',
    );
    const worker = (enabled: boolean): string =>
      agentFile({ capabilities: `{ ${TOOLS}, ${BOX}, codemode: { enabled: ${enabled} } }` });
    expect(await said('CT10', folder(text, { writer: worker(true) }))).toEqual([
      'error at false: `news.feed` is not async, but code mode may use it',
    ]);
    expect(await said('CT10', folder(text, { writer: worker(false) }))).toEqual([]);
  });
});

describe('R27 to R30: evaluation', () => {
  const METRIC = '{ name: length, kind: budget, weight: 1 }';
  const evaluation = (rest: string, metrics = METRIC): string =>
    manifest(
      `observability: { evaluation: { enabled: true, metrics: [${metrics}]${rest === '' ? '' : `, ${rest}`} } }`,
    );
  const kinds =
    'llm_rubric deterministic schema budget policy rubric_judge deterministic_test deterministic_assertion budget_utility policy_score';

  it.each(kinds.split(' '))('R27 knows %s', async (kind) => {
    expect(await said('R27', evaluation('', `{ name: a, kind: ${kind} }`))).toEqual([]);
  });

  it.each([
    ['R27', evaluation('', '{ name: a, kind: feeling }')],
    ['R27', evaluation('', '{ name: a, kind: [budget] }')],
    ['R27', evaluation('', '{ name: a }')],
    ['R28', evaluation('thresholds: { accept: 1.1 }')],
    ['R28', evaluation('thresholds: { fail: -0.1 }')],
    ['R28', evaluation('thresholds: { accept: high }')],
    ['R28', evaluation('thresholds: { accept: [1] }')],
    ['R28', evaluation('thresholds: { accept: 0.5 }')],
    ['R28', evaluation('thresholds: { retry: 0.9 }')],
    ['R28', evaluation('thresholds: { fail: 0.7 }')],
    ['R29', evaluation('', '{ name: a, kind: budget, weight: 0 }')],
    ['R29', evaluation('', '{ name: a, kind: budget, weight: -1 }')],
    ['R29', evaluation('', `${METRIC}, { name: a, kind: budget, weight: heavy }`)],
    ['R29', evaluation('', '')],
    ['R30', evaluation('step_scores: { hooks: [worker_start] }')],
    ['R30', evaluation('step_scores: { hooks: worker_result }')],
    ['R30', evaluation('retry_policy: { actions: { below_fail: give_up } }')],
    ['R30', evaluation('retry_policy: { actions: { below_retry: 5 } }')],
  ])('%s refuses %s, once', async (code, text) => {
    expect(await severities(code, text)).toEqual(['error']);
  });

  it.each([
    ['R28', evaluation('thresholds: { accept: 1, retry: 1, fail: 1 }')],
    ['R28', evaluation('thresholds: { accept: 0, retry: 0, fail: 0 }')],
    ['R28', evaluation('thresholds: { accept: 0.65 }')],
    ['R28', evaluation('')],
    ['R29', evaluation('', '{ name: a, kind: budget }')],
    ['R29', evaluation('', `${METRIC}, { name: b, kind: budget, weight: 0 }`)],
    ['R30', evaluation('step_scores: { hooks: [worker_result, generated_tool, final_answer] }')],
    ['R30', evaluation('retry_policy: { actions: { below_retry: accept_with_warning } }')],
  ])('%s accepts %s', async (code, text) => {
    expect(await severities(code, text)).toEqual([]);
  });

  it('says of an evaluation that is off only what its fields cannot be', async () => {
    const text = evaluation('thresholds: { accept: 0.1 }', '{ name: a, kind: feeling, weight: 0 }');
    const off = text.replace('enabled: true', 'enabled: false');
    for (const code of ['R27', 'R28', 'R29', 'R30']) expect(await said(code, off)).toEqual([]);
    expect(await severities('S4', off)).toEqual(['error']);
  });
});
