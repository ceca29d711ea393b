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
