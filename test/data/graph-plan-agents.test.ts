import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { agentFile, type GraphFiles, planOf } from './graph-make.ts';

const CONTRACT = 'output: { contract: { text: string, confidence: number } }';

/** The agent `one` with these sections in its file. */
async function agentWith(sections: string, more: Partial<GraphFiles> = {}) {
  const plan = await planOf({
    graph: '- { id: one, agent: one }',
    ...more,
    agents: { one: sections },
  });
  return plan.agents?.one;
}

describe('the model of an agent', () => {
  it.each([
    ['model: { name: x/y }', {}, { model: 'x/y', temperature: 0, maxOutputTokens: 8192 }],
    ['model: { provider: x, name: y }', {}, { model: 'x/y' }],
    ['model: { provider: x, name: x/y }', {}, { model: 'x/y' }],
    ['model: { provider: openrouter, name: openai/y }', {}, { model: 'openrouter/openai/y' }],
    ['model: { name: "" }', {}, { model: 'scripted' }],
    ['', {}, { model: 'scripted' }],
    ['model: { fallback: [a/b, c/d] }', {}, { fallback: ['a/b', 'c/d'] }],
    ['model: { fallback: a/b }', {}, { fallback: ['a/b'] }],
    [
      'model: { parameters: { temperature: 0.5, max_tokens: 9, top_p: 0.7 } }',
      {},
      { temperature: 0.5, maxOutputTokens: 9, topP: 0.7 },
    ],
    ['model: { reasoning: { enabled: true, effort: high } }', {}, { reasoning: 'high' }],
    [
      'model: { reasoning: { enabled: true, force: true } }',
      {},
      { reasoning: 'medium', mustReason: true },
    ],
  ] satisfies [string, Partial<GraphFiles>, JsonObject][])('%s', async (model, more, expected) => {
    expect(await agentWith(model, more)).toMatchObject(expected);
  });

  it('is that of the workflow for what its file leaves out', async () => {
    const files = { 'workflow.awp.yaml': '' };
    const head = (llm: string) => ({
      'workflow.awp.yaml': `awp: "1.0.0"\nworkflow: { name: report, version: 1.0.0, description: W, settings: { llm: ${llm} } }\norchestration: { graph: [{ id: one, agent: one }] }\n`,
    });
    const llm = '{ default_provider: svc, default_model: big, temperature: 0.4, max_tokens: 77 }';
    const own = { ...files, ...head(llm) };
    expect(await agentWith('', { files: own })).toMatchObject({
      model: 'svc/big',
      temperature: 0.4,
      maxOutputTokens: 77,
    });
    expect(
      await agentWith('model: { name: small, parameters: { max_tokens: 5 } }', { files: own }),
    ).toMatchObject({ model: 'svc/small', temperature: 0.4, maxOutputTokens: 5 });
  });

  it('is the one that the run names instead, with none behind it', async () => {
    const plan = await planOf(
      {
        graph: '- { id: one, agent: one }\n- { id: loop, type: delegation_loop }',
        agents: {
          one: 'model: { name: x/y, fallback: [a/b] }\nvision: { enabled: true, model: z/z }',
        },
      },
      { model: 'mine', workerModel: 'hand' },
    );
    expect(plan.agents?.one).toMatchObject({ model: 'mine', vision: { maxImages: 5 } });
    expect(plan.agents?.one).not.toHaveProperty('fallback');
    expect(plan.agents?.one?.vision).not.toHaveProperty('model');
    expect(plan.loops?.loop).toMatchObject({
      manager: { model: 'mine' },
      worker: { model: 'hand' },
    });
  });
});

describe('the prompt of an agent', () => {
  const file = (path: string, text: string) => ({ [`agents/one/${path}`]: text });

  it('is put together from its files, fragments in the order of their names', async () => {
    const agent = await agentWith(
      `prompt:
  system: workflow/instructions/SYSTEM.md
  user_template: ask.md
  additional: [prompt/00_INTRO.md, method.md]
  variables: { limit: 3 }
  injection_order: [system, additional, context]`,
      {
        files: {
          ...file('workflow/instructions/SYSTEM.md', 'You read.'),
          ...file('ask.md', 'Read {{task}}.'),
          ...file('workflow/prompt/20_more.md', 'More.'),
          ...file('workflow/prompt/00_INTRO.md', 'Intro.'),
          ...file('workflow/prompt/notes.pdf', 'no text'),
          ...file('workflow/method.md', 'Method.'),
        },
      },
    );
    expect(agent?.prompt).toEqual({
      system: 'You read.',
      user: 'Read {{task}}.',
      fragments: [
        { path: 'workflow/prompt/00_INTRO.md', text: 'Intro.' },
        { path: 'workflow/prompt/20_more.md', text: 'More.' },
        { path: 'workflow/method.md', text: 'Method.' },
      ],
      variables: { limit: 3 },
      order: ['system', 'additional', 'context', 'skills', 'memory', 'messages'],
    });
  });

  it('takes the usual system prompt when none is named, and texts as they are', async () => {
    const files = file('workflow/instructions/SYSTEM_PROMPT.md', 'The usual.');
    const agent = await agentWith('prompt: { system: "", user_template: "Do {{task}}" }', {
      files,
    });
    expect(agent?.prompt).toMatchObject({ system: 'The usual.', user: 'Do {{task}}' });
    expect((await agentWith('prompt: { system: "" }'))?.prompt.system).toBe('');
  });

  it('knows the parts of the other vocabulary', async () => {
    const agent = await agentWith(
      'prompt: { system: x, injection_order: [user_prompt, previous_agents, system_prompt] }',
    );
    expect(agent?.prompt.order.slice(0, 3)).toEqual(['additional', 'context', 'system']);
  });
});

describe('the output of an agent', () => {
  it.each([
    [
      'fields with their types',
      `output:
  contract:
    text: { type: str, description: The text., required: true, max_length: 9, examples: [a] }
    list: { type: list, items: { type: int, minimum: 1, maximum: 3 } }
    secret: { type: string, sensitive: true }
    own: { type: any, shareable: false }
    confidence: float`,
      {
        schema: {
          type: 'object',
          properties: {
            text: { type: 'string', description: 'The text.', maxLength: 9, examples: ['a'] },
            list: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 3 } },
            secret: { type: 'string' },
            own: {},
            confidence: { type: 'number' },
          },
          required: ['text'],
        },
        required: ['text'],
        unshared: ['own'],
        sensitive: ['secret'],
      },
    ],
    [
      'a JSON Schema',
      `output:
  contract:
    type: object
    properties:
      text: { type: string, x-awp-required: true }
      secret: { type: string, x-awp-sensitive: true }
      own: { type: string, x-awp-shareable: false }
      confidence: { type: number }
    required: [confidence]`,
      { required: ['confidence', 'text'], unshared: ['own'], sensitive: ['secret'] },
    ],
  ])('has a contract of %s', async (_, output, expected) => {
    expect((await agentWith(output))?.output).toMatchObject(expected);
  });

  it('has a contract from a file, named or at its usual place, and what describes its fields', async () => {
    const schema =
      '{ "type": "object", "properties": { "confidence": { "type": "number" } }, "required": ["confidence"] }';
    const usual = await agentWith('output: { format: json }', {
      files: {
        'agents/one/workflow/output_schema/output_schema.json': schema,
        'agents/one/workflow/output_schema_desc/a.json': '{ "confidence": "how sure" }\n',
        'agents/one/workflow/output_schema_desc/b.md': 'More.',
      },
    });
    expect(usual?.output).toMatchObject({
      required: ['confidence'],
      fieldNotes: '{ "confidence": "how sure" }\n\nMore.',
    });
    const named = await agentWith('output: { schema: form.json, schema_description: words.md }', {
      files: { 'agents/one/form.json': schema, 'agents/one/words.md': 'In words.' },
    });
    expect(named?.output).toMatchObject({ required: ['confidence'], fieldNotes: 'In words.' });
  });

  const contract = 'contract: { text: string, confidence: number }';

  it.each([
    ['', { format: 'json', validation: 'strict', repairs: 3, onInvalid: 'abort' }],
    ['format: markdown', { format: 'markdown' }],
    ['validation: { strict: false }', { validation: 'lenient' }],
    ['validation: { mode: strict }', { validation: 'strict' }],
    ['validation: { mode: lenient }', { validation: 'lenient' }],
    ['validation: { mode: none }', { validation: 'none', repairs: 0 }],
    ['validation: { max_retries: 1, retry_prompt: Again. }', { repairs: 1, retryPrompt: 'Again.' }],
    ['validation: { on_failure: error }', { onInvalid: 'abort' }],
    ['validation: { on_failure: warn }', { onInvalid: 'use_partial' }],
    ['validation: { on_failure: passthrough }', { onInvalid: 'use_partial' }],
    ['validation: { on_invalid: retry }', { onInvalid: 'abort' }],
    ['validation: { on_invalid: abort }', { onInvalid: 'abort' }],
    ['validation: { on_invalid: use_partial }', { onInvalid: 'use_partial' }],
    ['validation: { on_invalid: skip }', { onInvalid: 'skip' }],
  ])('is checked as it says: %s', async (text, expected) => {
    const more = text === '' ? '' : `, ${text}`;
    expect((await agentWith(`output: { ${contract}${more} }`))?.output).toMatchObject(expected);
  });
});

describe('the tools of an agent', () => {
  const tools = (text: string) => `${CONTRACT}\ncapabilities: { tools: { ${text} } }`;

  it.each([
    ['', { tools: [], denied: ['*', '*.*'], toolRounds: 0 }],
    [tools('enabled: false, allowed: [web.search]'), { tools: [], denied: ['*', '*.*'] }],
    [
      tools('enabled: true'),
      {
        tools: ['*.*'],
        denied: ['file.write_outside_workspace'],
        toolRounds: null,
        calls: { max: null, parallel: 1, timeoutMs: null, overrides: [] },
      },
    ],
    [
      tools('enabled: true, allowed: [web.search, "file.*"], denied: [file.delete], max_calls: 4'),
      {
        tools: ['web.search', 'file.*'],
        denied: ['file.write_outside_workspace', 'file.delete'],
        toolRounds: 4,
        calls: { max: 4 },
      },
    ],
    [tools('enabled: true, max_calls: 0'), { toolRounds: null, calls: { max: null } }],
    [
      tools('enabled: true, max_parallel: 3, timeout_per_call: 2.5'),
      { calls: { parallel: 3, timeoutMs: 2500 } },
    ],
    [
      tools(
        'enabled: true, overrides: { web.search: { timeout: 1, max_calls: 2, rate_limit: { max_per_minute: 3, max_per_hour: 9 } }, http.request: { rate_limit: 7 } }',
      ),
      {
        calls: {
          overrides: [
            { tool: 'web.search', timeoutMs: 1000, calls: 2, perMinute: 3, perHour: 9 },
            { tool: 'http.request', perMinute: 7 },
          ],
        },
      },
    ],
    [
      tools('enabled: true, allowed: [web.search, file.read], namespaces: [file]'),
      { tools: ['file.read'], calls: { namespaces: ['file'] } },
    ],
    [tools('enabled: true, namespaces: [file, web]'), { tools: ['file.*', 'web.*'] }],
    [
      tools('enabled: true, tool_choice: required, parallel_calls: false'),
      { toolChoice: 'required', parallelCalls: false, calls: { parallel: 1 } },
    ],
    [
      tools('enabled: true, parallel_calls: true, max_parallel: 3'),
      { parallelCalls: true, calls: { parallel: 3 } },
    ],
  ])('%s', async (sections, expected) => {
    expect(await agentWith(sections)).toMatchObject(expected);
  });

  it('are those that code may use, in code mode', async () => {
    const code = (surface: string) =>
      `${CONTRACT}\ncapabilities: { tools: { enabled: true, allowed: [web.search] }, sandbox: { type: subprocess }, codemode: { enabled: true, sdk_surface: { ${surface} } } }`;
    expect(await agentWith(code('mode: auto'))).toMatchObject({
      tools: ['web.search', 'code.solve'],
    });
    // What it includes must be allowed besides.
    expect(await agentWith(code('mode: explicit, include: [file.read, web.search]'))).toMatchObject(
      {
        tools: ['web.search', 'code.solve'],
        codemode: { only: ['file.read', 'web.search'] },
      },
    );
    expect((await agentWith(code('exclude: [web.search]')))?.denied).toContain('web.search');
  });

  it('never are those that the run or the safety envelope forbid, and are those given to all', async () => {
    const plan = await planOf(
      {
        graph: '- { id: one, agent: one }',
        agents: { one: tools('enabled: true, allowed: [web.search]') },
        more: 'safety_envelope: { forbidden_tools: [shell.execute] }\n',
      },
      { forbiddenTools: ['file.delete'], tools: ['file.read'] },
    );
    expect(plan.agents?.one).toMatchObject({
      tools: ['web.search', 'file.read'],
      denied: ['file.write_outside_workspace', 'file.delete', 'shell.execute'],
    });
  });
});

describe('what else an agent has', () => {
  it('are images that it sees', async () => {
    const vision =
      'vision: { enabled: true, model: x/eye, formats: [png], max_images: 2, max_size_mb: 0.5 }';
    expect((await agentWith(vision))?.vision).toEqual({
      model: 'x/eye',
      formats: ['png'],
      maxImages: 2,
      maxBytes: 524_288,
    });
    expect(await agentWith('vision: { enabled: false }')).not.toHaveProperty('vision');
  });

  it.each([
    [
      'steps: [clean.py, { name: tidy, file: tidy.ts }]',
      ['agents/one/clean.py python', 'agents/one/workflow/preprocessor/tidy.ts typescript'],
    ],
    ['steps: [clean]', ['agents/one/clean.py python']],
    ['pipeline: shape', ['agents/one/workflow/preprocessor/shape.js javascript']],
    ['', ['agents/one/workflow/preprocessor/preprocessor.py python']],
  ])('are programs that prepare its inputs: %s', async (text, expected) => {
    const agent = await agentWith(
      `preprocessor: { enabled: true${text === '' ? '' : `, ${text}`} }`,
      {
        files: {
          'agents/one/clean.py': 'print(1)',
          'agents/one/workflow/preprocessor/tidy.ts': 'export {}',
          'agents/one/workflow/preprocessor/shape.js': '1',
          'agents/one/workflow/preprocessor/preprocessor.py': 'print(2)',
        },
      },
    );
    expect(agent?.preprocessors.map(({ name, language }) => `${name} ${language}`)).toEqual(
      expected,
    );
    expect(agent?.preprocessors.every(({ code }) => code !== '')).toBe(true);
  });

  it('is code of its own, which then needs no model', async () => {
    const plan = await planOf({
      graph: '- { id: one, agent: one }\n- { id: two, agent: two }',
      files: { 'agents/one/agent.ts': 'export default () => ({})' },
    });
    expect(plan.graph?.nodes.map(({ kind }) => kind)).toEqual(['module', 'agent']);
    expect(plan.agents?.one?.module).toMatch(/^\/.*\/agents\/one\/agent\.ts$/);
  });

  it('is a hash that changes with every file that it is made of', async () => {
    const hashes = new Set<string | undefined>();
    const files: Record<string, string> = {};
    const steps = [
      ['agents/one/workflow/prompt/00_INTRO.md', 'a'],
      ['agents/one/workflow/prompt/00_INTRO.md', 'b'],
      ['agents/one/agent.ts', 'export default 1'],
      ['agents/one/agent.ts', 'export default 2'],
    ] as const;
    hashes.add((await agentWith(''))?.hash);
    for (const [path, text] of steps) {
      files[path] = text;
      hashes.add((await agentWith('', { files: { ...files } }))?.hash);
    }
    expect(hashes.size).toBe(steps.length + 1);
    expect((await agentWith('', { files: { ...files } }))?.hash).toBe([...hashes].at(-1));
  });

  it('is only there when a node can use it', async () => {
    const plan = await planOf({
      graph: '- { id: one, agent: one }',
      files: { 'agents/other/agent.awp.yaml': agentFile('other') },
    });
    expect(Object.keys(plan.agents ?? {})).toEqual(['one']);
  });

  it('is told apart by its whole path when two are called alike', async () => {
    const plan = await planOf({
      graph: '- { id: one, agent: one }\n- { id: far, agent: more/one }',
      files: { 'more/one/agent.awp.yaml': agentFile('far').replace('id: far', 'id: one') },
    });
    expect(Object.keys(plan.agents ?? {})).toEqual(['agents/one', 'more/one']);
  });
});
