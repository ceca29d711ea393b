import { describe, expect, it } from 'vitest';
import { agentFile, findingsBy, folder, graph, loop, manifest, mended, said } from './write.ts';

describe('S9: budgets of nothing', () => {
  it.each(['max_loops', 'max_total_tokens', 'max_wall_time'])(
    'refuses %s: 0 and puts null in its place',
    async (name) => {
      const text = loop(`{ budget: { ${name}: 0, max_depth: 1 } }`);
      expect(await said('S9', text)).toEqual([
        `error at 0: \`${name}: 0\` leaves nothing to run with`,
      ]);
      expect(await mended('S9', text)).toBe(text.replace(`${name}: 0`, `${name}: null`));
    },
  );

  it.each(['max_tool_calls: 0', 'max_loops: null', 'max_loops: 1', 'max_depth: 0'])(
    'has nothing against %s',
    async (field) => {
      expect(await said('S9', loop(`{ budget: { ${field} } }`))).toEqual([]);
    },
  );
});

describe('S16: agents that other sections name', () => {
  const nodes = ['{ id: planner }', '{ id: author, agent: writer, depends_on: [planner] }'];
  const files = (rest: string, node = ''): Record<string, string> =>
    folder(graph([...nodes, ...(node === '' ? [] : [node])]) + rest, {
      planner: agentFile({ id: 'planner' }),
      writer: agentFile(),
    });

  it.each([
    'state: { sharing: { rules: [{ from: NAME, to: [NAME], fields: [a] }] } }',
    'communication: { channels: [{ name: c, participants: { publishers: [NAME], subscribers: [NAME] } }] }',
    'memory: { access_control: { NAME: { long_term: read } } }',
  ])('knows nodes, agents and everyone in %s', async (rest) => {
    for (const name of ['planner', 'author', 'writer', 'manager', '"*"']) {
      expect(await said('S16', files(rest.replaceAll('NAME', name)))).toEqual([]);
    }
    const found = await findingsBy('S16', files(rest.replaceAll('NAME', 'planer')));
    expect(found.length).toBeGreaterThan(0);
    for (const one of found) {
      expect(one).toMatchObject({ severity: 'warning', help: 'did you mean `planner`?' });
    }
  });

  it('does not take what every object has for an agent', async () => {
    const node = '{ id: last, agent: writer, share_input: { toString: [a] } }';
    expect(await said('S16', files('', node))).toHaveLength(1);
  });

  it('does not look for workers, which a manager makes up', async () => {
    const rest = 'memory: { access_control: { researcher: { long_term: read } } }';
    expect(await said('S16', folder(loop('{ budget: { max_depth: 1 } }', rest)))).toEqual([]);
    expect(await said('S16', folder(manifest(rest)))).toHaveLength(1);
  });
});

describe('S16: fields of nodes that a list names', () => {
  const files = (entry: string): Record<string, string> =>
    folder(
      graph(['{ id: planner }', `{ id: author, agent: writer, share_input: [${entry}] }`]) +
        'inputs: { topic: { type: string } }\nstate: { initial: { tone: {} }, required_fields: [handed] }',
      { planner: agentFile({ id: 'planner' }), writer: agentFile() },
    );

  it.each(['planner.plan', 'state.planner.plan', 'topic.a', 'tone.a', 'handed.a', 'plan'])(
    'has nothing against %s',
    async (entry) => {
      expect(await said('S16', files(entry))).toEqual([]);
    },
  );

  it.each(['planer.plan', 'state.planer.plan'])('warns of %s', async (entry) => {
    expect(await findingsBy('S16', files(entry))).toMatchObject([
      { severity: 'warning', help: 'did you mean `planner`?' },
    ]);
  });
});

describe('S18: workflows inside of themselves', () => {
  it.each(['.', './', './.', 'workflow.awp.yaml', './workflow.awp.yaml'])(
    'refuses %s',
    async (path) => {
      expect(await said('S18', folder(graph([`{ id: a, subworkflow: "${path}" }`])))).toHaveLength(
        1,
      );
    },
  );

  it('refuses a name that stands for the workflow itself', async () => {
    const named = graph(['{ id: a, subworkflow: me }'], '  subworkflows: [{ name: me, ref: . }]\n');
    const [found] = await findingsBy('S18', folder(named));
    expect(found).toMatchObject({ path: 'orchestration.subworkflows[0].ref' });
  });

  it.each(['""', '7', 'workflows/a'])('leaves %s to others', async (path) => {
    expect(await said('S18', folder(graph([`{ id: a, subworkflow: ${path} }`])))).toEqual([]);
  });
});

describe('S19: what a fan-out needs', () => {
  const node = (fields: string): string => graph([`{ id: a, ${fields} }`]);
  const list = 'fan_out: { source: planner.list }';

  it.each([
    ['fan_out: {}', 'orchestration.graph[0].fan_out'],
    ['fan_out: { source: "" }', 'orchestration.graph[0].fan_out.source'],
    ['fan_out: { source: " " }', 'orchestration.graph[0].fan_out.source'],
    ['fan_out: { max_parallel: 2 }', 'orchestration.graph[0].fan_out'],
    [`${list}, fan_in: { strategy: reduce }`, 'orchestration.graph[0].fan_in.strategy'],
    [`${list}, fan_in: { strategy: reduce, expr: "" }`, 'orchestration.graph[0].fan_in.strategy'],
    [`${list}, fan_in: { strategy: custom }`, 'orchestration.graph[0].fan_in.strategy'],
  ])('misses in { %s } something at %s', async (fields, path) => {
    expect(await findingsBy('S19', node(fields))).toMatchObject([{ severity: 'error', path }]);
  });

  it.each([
    list,
    'fan_out: { enabled: false }',
    `${list}, fan_in: { strategy: merge }`,
    `${list}, fan_in: {}`,
    `${list}, fan_in: { strategy: reduce, expr: acc.n + item.n }`,
    `${list}, fan_in: { strategy: custom, tool: a.b }`,
    'fan_out: { source: [a] }',
  ])('has nothing against { %s }', async (fields) => {
    expect(await said('S19', node(fields))).toEqual([]);
  });
});

describe('R16: dependencies that nothing is seen of', () => {
  const files = (sharing: string, planner = ''): string =>
    graph([`{ id: planner, agent: outline${planner} }`, '{ id: author, depends_on: [planner] }']) +
    `state: { sharing: ${sharing} }`;

  it('are told where sharing is selective', async () => {
    expect(await findingsBy('R16', files('{ strategy: selective }'))).toMatchObject([
      {
        severity: 'info',
        path: 'orchestration.graph[1].depends_on[0]',
        message: '`author` waits for `planner` and sees nothing of it',
      },
    ]);
    const other = '{ strategy: selective, rules: [{ from: planner, to: somebody, fields: [a] }] }';
    expect(await said('R16', files(other))).toHaveLength(1);
  });

  it.each([
    ['{ strategy: full }', ''],
    ['{ strategy: isolated }', ''],
    ['{ strategy: selective }', ', share_output: [plan]'],
    ['{ strategy: selective, rules: [{ from: planner, fields: [a] }] }', ''],
    ['{ strategy: selective, rules: [{ from: outline, to: [author], fields: [a] }] }', ''],
    ['{ strategy: selective, rules: [{ from: "*", to: author, fields: [a] }] }', ''],
  ])('are not with %s and { %s }', async (sharing, planner) => {
    expect(await said('R16', files(sharing, planner))).toEqual([]);
  });
});

describe('X3 and X5: what expressions look at', () => {
  const when = (text: string, rest = ''): string =>
    graph([
      '{ id: planner, agent: planner }',
      '{ id: writer, agent: writer, depends_on: [planner] }',
      `{ id: editor, agent: editor, depends_on: [writer], when: '${text}'${rest} }`,
      '{ id: judge, agent: judge }',
    ]);

  it.each(['state.planner.ready', 'len(state.writer.text) > 3', 'state.get("x", 1) == 1'])(
    'has nothing against %s',
    async (text) => {
      expect(await said('X3', when(text))).toEqual([]);
      expect(await said('X5', when(text))).toEqual([]);
    },
  );

  it('points at the name that is not there', async () => {
    expect(await said('X3', when('state.a and planner.ready'))).toEqual([
      'error at planner.ready: there is no `planner` here',
    ]);
  });

  it.each([
    ['result.ok', 'when', 1],
    ['result.ok', 'loop', 0],
    ['acc.ok', 'loop', 1],
    ['acc + item', 'reduce', 0],
  ])('%s in a %s', async (text, use, errors) => {
    const at =
      use === 'when'
        ? `when: '${text}'`
        : use === 'loop'
          ? `loop: { condition: '${text}' }`
          : `fan_out: { source: a.b }, fan_in: { strategy: reduce, expr: '${text}' }`;
    expect(await said('X3', graph([`{ id: writer, agent: writer, ${at} }`]))).toHaveLength(errors);
  });

  it('warns of a node that need not have ended, and points at it', async () => {
    const [only, ...others] = await findingsBy(
      'X5',
      when('state.judge.score > 1 and state.planner.ok'),
    );
    expect(only).toMatchObject({
      severity: 'warning',
      message: '`judge` need not have ended when this is looked at',
      help: 'add `judge` to `depends_on`',
    });
    expect(others).toEqual([]);
  });

  it('takes keys of the state that are no nodes for what they are', async () => {
    expect(await said('X5', when('state.user.name == "a"'))).toEqual([]);
  });

  it('ends on a graph with a cycle', async () => {
    const text = graph([
      "{ id: ab, agent: ab, depends_on: [cd], when: 'state.ef.ok' }",
      '{ id: cd, agent: cd, depends_on: [ab] }',
      '{ id: ef, agent: ef }',
    ]);
    expect(await said('X5', text)).toHaveLength(1);
  });
});
