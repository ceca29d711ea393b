import { describe, expect, it } from 'vitest';
import { findingsOf } from '../example.ts';
import { agentFile, findingsBy, folder, graph, loop, manifest, mended, said } from './write.ts';

const node = (id: string, dependsOn = ''): string =>
  `{ id: ${id}, agent: writer, depends_on: [${dependsOn}] }`;

describe('R3 and R4: names of agents', () => {
  it('says only as an info that a class has another name', async () => {
    const files = { 'agent.awp.yaml': agentFile({ rest: 'runtime: { class_name: Writer }' }) };
    expect(await said('R3', files, { strict: true })).toEqual([
      'info at Writer: the class is called `Writer`; `Agent` is usual',
    ]);
  });

  it.each([
    [
      'one node of another name',
      [node('author')],
      'the agent is called `writer`, its node `author`',
    ],
    ['no node at all', [], undefined],
    ['two nodes, none of which bears its name', [node('first'), node('second')], undefined],
    ['a node of its name', [node('writer')], undefined],
    ['a node without an id', ['{ agent: writer }'], undefined],
  ])('with %s', async (_, nodes, message) => {
    const files = folder(graph(nodes), { writer: agentFile() });
    const expected = message === undefined ? [] : [`warning at writer: ${message}`];
    expect(await said('R4', files)).toEqual(expected);
  });

  it('warns of an identity that is not the name of the folder, once', async () => {
    const files = folder(graph([node('writer')]), { writer: agentFile({ id: 'author' }) });
    expect(await said('R4', files)).toEqual([
      'warning at author: the agent is called `author`, its folder `writer`',
    ]);
  });

  it('cannot say it of a file alone', async () => {
    expect(await said('R4', { 'agent.awp.yaml': agentFile({ id: 'author' }) })).toEqual([]);
  });
});

describe('R5: ids are unique', () => {
  it('names the first place beside each further one', async () => {
    const found = await findingsBy('R5', graph([node('ab'), node('cd'), node('ab'), node('ab')]));
    expect(found.map(({ path }) => path)).toEqual([
      'orchestration.graph[2].id',
      'orchestration.graph[3].id',
    ]);
    for (const { related } of found) {
      expect(related.map(({ range }) => range.start.line)).toEqual([5]);
    }
  });

  it.each([
    ['ids that differ in case', ['{ id: ab, agent: ab }', '{ id: AB, agent: ab }']],
    ['nodes without ids', ['{ agent: ab }', '{ agent: ab }']],
    ['names of JavaScript', [node('constructor'), node('to_string'), node('has_own_property')]],
  ])('has nothing against %s', async (_, nodes) => {
    expect(await said('R5', graph(nodes))).toEqual([]);
  });

  it('finds a name of JavaScript twice', async () => {
    expect(await said('R5', graph([node('constructor'), node('constructor')]))).toHaveLength(1);
  });
});

describe('R6: no cycle', () => {
  it.each([
    ['a node that waits for itself', [node('ab', 'ab')], ['`ab` → `ab`']],
    ['two', [node('ab', 'cd'), node('cd', 'ab')], ['`ab` → `cd` → `ab`']],
    [
      'three, in the order in which they would run',
      [node('ab', 'ef'), node('cd', 'ab'), node('ef', 'cd')],
      ['`ab` → `cd` → `ef` → `ab`'],
    ],
    [
      'two cycles',
      [node('ab', 'cd'), node('cd', 'ab'), node('ef', 'gh'), node('gh', 'ef')],
      ['`ab` → `cd` → `ab`', '`ef` → `gh` → `ef`'],
    ],
    ['a figure of eight, once', [node('ab', 'cd, ef'), node('cd', 'ab'), node('ef', 'ab')], 1],
    ['a diamond', [node('ab'), node('cd', 'ab'), node('ef', 'ab'), node('gh', 'cd, ef')], []],
    ['unknown nodes', [node('ab', 'zz'), node('cd', 'ab')], []],
    ['nodes without ids', ['{ agent: writer, depends_on: [""] }'], []],
  ])('%s', async (_, nodes, notes) => {
    const found = await findingsBy('R6', graph(nodes));
    if (typeof notes === 'number') expect(found).toHaveLength(notes);
    else expect(found.map(({ note }) => note)).toEqual(notes);
  });

  it('points at the entry to take away', async () => {
    const text = graph([node('ab', 'cd'), '{ id: cd, agent: writer, depends_on: [{ id: ab }] }']);
    expect(await said('R6', text)).toEqual(['error at cd: the graph has a cycle']);
  });

  it('shortens a long cycle in the note', async () => {
    const nodes = Array.from({ length: 30 }, (_, at) => node(`n${at}x`, `n${(at + 29) % 30}x`));
    const [found] = await findingsBy('R6', graph(nodes));
    expect(found?.note).toMatch(/ → … 20 more … → /);
  });
});

describe('R7: dependencies exist', () => {
  const nodes = (dependsOn: string): string => graph([node('planner'), node('writer', dependsOn)]);

  it.each([
    ['planer', 'planner'],
    ['Planner', 'planner'],
    ['agents/planner', 'planner'],
    ['./agents/planner/', 'planner'],
    ['plannre', 'planner'],
  ])('mends %s', async (wrong, right) => {
    expect(await said('R7', nodes(wrong))).toEqual([
      `error at ${wrong}: \`writer\` depends on \`${wrong}\`, which is not a node of this graph`,
    ]);
    expect(await mended('R7', nodes(wrong))).toBe(nodes(right));
  });

  it('keeps the condition of a dependency that it mends', async () => {
    const text = nodes('{ id: planer, condition: failure }');
    expect(await mended('R7', text)).toBe(nodes('{ id: planner, condition: failure }'));
  });

  it('does not guess between two names that are as near', async () => {
    const text = graph([node('step_a'), node('step_b'), node('writer', 'step_c')]);
    const [found] = await findingsBy('R7', text);
    expect(found?.help).toContain('known ids: step_a, step_b, writer');
    expect(found?.fix).toBeUndefined();
  });

  it('does not write an id that would be no text without its quotes', async () => {
    const text = graph(['{ id: "true", agent: writer }', node('writer', 'tru')]);
    const [found] = await findingsBy('R7', text);
    expect(found?.help).toContain('did you mean `true`?');
    expect(found?.fix).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString'])('does not know %s', async (name) => {
    expect(await said('R7', nodes(`"${name}"`))).toHaveLength(1);
  });

  it('leaves entries of wrong types to the schema', async () => {
    expect(await said('R7', nodes('5, [planner]'))).toEqual([]);
  });

  it('lists no more than ten ids', async () => {
    const many = Array.from({ length: 20 }, (_, at) => node(`n${at}x`));
    const [found] = await findingsBy('R7', graph([...many, node('writer', 'quite_another')]));
    expect(found?.help).toMatch(/^known ids: (n\dx, ){9}n9x, …$/);
  });
});

describe('R8: agents have their files', () => {
  const writer = { writer: agentFile() };

  it.each([
    ['by its node alone', '{ id: writer }'],
    ['by its name', '{ id: writer, agent: writer }'],
    ['by its folder', '{ id: writer, agent: agents/writer }'],
    ['with dots and slashes', '{ id: writer, agent: ./agents//writer/ }'],
    ['by a way back', '{ id: writer, agent: agents/other/../writer }'],
  ])('finds an agent %s', async (_, text) => {
    expect(await said('R8', folder(graph([text]), writer))).toEqual([]);
  });

  it('finds the older name of the file', async () => {
    const files = { ...folder(graph(['{ id: writer }'])), 'agents/writer/agent.yaml': agentFile() };
    expect(await said('R8', files)).toEqual([]);
  });

  it.each([
    [
      'a delegation loop',
      '{ id: team, type: delegation_loop, config: { budget: { max_depth: 1 } } }',
    ],
    ['a sub-workflow', '{ id: team, subworkflow: other }'],
    ['a node without id and agent', '{ description: x }'],
    ['an agent that is no text', '{ id: team, agent: [writer] }'],
  ])('asks for no agent of %s', async (_, text) => {
    const found = await said('R8', folder(graph([text]), writer));
    expect(found.filter((one) => one.startsWith('error'))).toEqual([]);
  });

  it('asks for the agent of the instances too', async () => {
    const text = '{ id: writer, fan_out: { source: planner.topics, agent_template: researcher } }';
    expect(await said('R8', folder(graph([text]), writer))).toEqual([
      'error at researcher: there is no `agents/researcher/agent.awp.yaml`',
    ]);
  });

  it('suggests an agent that is there', async () => {
    const [found] = await findingsBy('R8', folder(graph(['{ id: writr }']), writer));
    expect(found?.help).toBe('did you mean `agents/writer`?');
  });

  it('does not call a file missing that cannot be read', async () => {
    const files = folder(graph(['{ id: writer }', '{ id: other, agent: ../other }']), {
      writer: 'awp_agent: [',
    });
    expect(await said('R8', files)).toEqual([]);
    const codes = (await findingsOf(files)).map(({ rule }) => rule);
    expect(codes).toContain('Y1');
    expect(codes).toContain('S7');
  });

  it('is only an info when nobody has looked at the folder', async () => {
    expect(await said('R8', graph(['{ id: writer }']))).toEqual([
      'info at writer: nobody has looked for `agents/writer/agent.awp.yaml`',
    ]);
  });

  it.each([
    ['no manager', '{ budget: { max_depth: 1 } }', 'no manager is named'],
    [
      'a manager without a folder',
      '{ manager: chief, budget: { max_depth: 1 } }',
      'there is no `agents/chief/agent.awp.yaml`',
    ],
  ])('says as an info that with %s the built-in one leads', async (_, body, why) => {
    const [only, ...others] = await said('R8', folder(loop(body), writer));
    expect(only).toMatch(/^info at /);
    expect(only).toContain(`${why}: the built-in manager leads`);
    expect(others).toEqual([]);
  });

  it('says nothing of a manager for whom nobody has looked', async () => {
    expect(await said('R8', loop('{ manager: chief, budget: { max_depth: 1 } }'))).toEqual([]);
  });
});

describe('R12: ids of agents', () => {
  const id = (text: string) => ({ 'agent.awp.yaml': agentFile({ id: text }) });

  it.each(['ab', 'writer_2', `a${'b'.repeat(46)}c`])('accepts %s', async (text) => {
    expect(await said('R12', id(text), { strict: true })).toEqual([]);
  });

  it.each(['Ab', 'a-b', '2a', '_a', 'ab_', 'a.b', `a${'b'.repeat(47)}c`, '12', 'true', '[ab]'])(
    'refuses %s',
    async (text) => {
      const found = await findingsBy('R12', id(text));
      expect(found.map(({ severity }) => severity)).toEqual(['error']);
    },
  );

  it('warns of a single letter, which the reference lets pass', async () => {
    expect(await said('R12', id('a'))).toEqual(['warning at a: an id of one letter is too short']);
  });

  it('suggests the legal id', async () => {
    const [found] = await findingsBy('R12', id('News-Writer'));
    expect(found?.help).toBe('write `news_writer`');
  });
});

describe('R17: timeouts', () => {
  const execution = (text: string): string => graph([node('writer')], `  execution: ${text}\n`);

  it.each([
    ['timeout_per_agent', '0'],
    ['timeout_per_agent', '-1'],
    ['timeout_total', '"60"'],
    ['timeout_idle', '[1]'],
  ])('refuses %s: %s', async (name, value) => {
    const found = await findingsBy('R17', execution(`{ ${name}: ${value} }`));
    expect(found.map(({ severity, path }) => [severity, path])).toEqual([
      ['error', `orchestration.execution.${name}`],
    ]);
  });

  it('looks at nodes too', async () => {
    expect(await said('R17', graph(['{ id: ab, agent: writer, timeout: 0 }']))).toEqual([
      'error at 0: `0` is not a time',
    ]);
  });

  it.each([
    ['less than the whole', '{ timeout_per_agent: 60, timeout_total: 300 }', 0],
    ['all of it', '{ timeout_per_agent: 300, timeout_total: 300 }', 0],
    ['more than it', '{ timeout_per_agent: 301, timeout_total: 300 }', 1],
    ['more than the default', '{ timeout_per_agent: 301 }', 1],
    ['no time of its own in a short run', '{ timeout_total: 10 }', 0],
    ['fractions of seconds', '{ timeout_per_agent: 0.5, timeout_total: 0.75 }', 0],
  ])('warns when an agent gets %s', async (_, text, warnings) => {
    const found = await findingsBy('R17', execution(text));
    expect(found.map(({ severity }) => severity)).toEqual(Array(warnings).fill('warning'));
  });

  it('compares what is written in the other dialect', async () => {
    const text = execution('{ timeout: { per_agent: 90, total: 60 } }');
    expect(await said('R17', text)).toEqual([
      'warning at 90: an agent gets 90 s, the whole run only 60 s',
    ]);
  });
});

describe('R31 and R32: depth', () => {
  const depth = (value: string): string => loop(`{ budget: { max_depth: ${value} } }`);

  it.each([
    ['0', [], []],
    ['5', [], []],
    ['6', [], ['warning']],
    ['10', [], ['warning']],
    ['11', [], ['error']],
    ['-1', ['error'], []],
    ['1.5', ['error'], []],
    ['"2"', ['error'], []],
    ['null', ['error'], []],
  ])('max_depth: %s', async (value, r31, r32) => {
    const severities = async (code: string): Promise<string[]> =>
      (await findingsBy(code, depth(value))).map(({ severity }) => severity);
    expect(await severities('R31')).toEqual(r31);
    expect(await severities('R32')).toEqual(r32);
  });

  it.each([
    ['a budget without it', '{ budget: { max_loops: 3 } }', 'budget'],
    ['no budget', '{ manager: chief }', 'delegation_loop'],
  ])('warns of %s', async (_, body, at) => {
    expect(await said('R31', loop(body))).toEqual([
      `warning at ${at}: how deep delegation may go is not said; it is 3`,
    ]);
  });

  it('looks at loops of nodes too', async () => {
    const text = graph([
      '{ id: team, type: delegation_loop, config: { budget: { max_depth: 11 } } }',
    ]);
    expect(await said('R32', text)).toEqual(['error at 11: 11 levels of managers are too many']);
  });

  it('has nothing to say without a loop', async () => {
    expect(await said('R31', manifest())).toEqual([]);
  });
});
