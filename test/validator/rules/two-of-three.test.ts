import { describe, expect, it } from 'vitest';
import { agentFile, findingsBy, folder, graph, loop, manifest, said } from './write.ts';

const INPUTS = 'inputs: { orders: { type: table } }\n';
const SECRETS = 'security: { secrets: { required: [API_KEY] } }\n';
const OPEN = 'sandbox: { enabled: true, network: { enabled: true, allowed_hosts: [a.example] } }\n';
const REMOTE = 'inputs: { news: { type: string, source: "https://a.example/news" } }\n';
const tool = (meta: string): string =>
  `capabilities: { custom_tools: { declarations: [{ fqn: mail.send, description: Sends, meta: { ${meta} } }] } }\n`;
const ASKED = 'safety_envelope: { approvals: [network] }\n';
const BUDGET = 'budget: { max_loops: 5 }';

describe('S20: private data, untrusted text and a way out', () => {
  it.each<[string, string, string]>([
    ['inputs and programs with a network', INPUTS + OPEN, '`inputs`'],
    ['secrets and programs with a network', SECRETS + OPEN, '`security.secrets`'],
    [
      'inputs and tools that are made with a network',
      `${INPUTS}dynamic_tools: { enabled: true, allowed_namespaces: [{ name: feeds, capabilities: [network], network_allowlist: [a.example] }] }\n`,
      'tools that are made with a network',
    ],
    [
      'an input from an address and a tool that acts',
      REMOTE + tool('side_effects: true'),
      'mail.send',
    ],
  ])('is said of workers with %s', async (_, rest, named) => {
    const [found, ...others] = await findingsBy('S20', loop(`{ ${BUDGET} }`, rest));
    expect(found).toMatchObject({ severity: 'warning' });
    expect(found?.message).toContain(named);
    expect(found?.help).toContain('approvals: [network]');
    expect(others).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['nothing is private', `{ ${BUDGET} }`, OPEN],
    ['nothing leads out', `{ ${BUDGET} }`, INPUTS],
    [
      'the network has no hosts',
      `{ ${BUDGET} }`,
      `${INPUTS}sandbox: { enabled: true, network: { enabled: true } }\n`,
    ],
    ['a person has to allow what leads out', `{ ${BUDGET} }`, INPUTS + OPEN + ASKED],
    [
      'a person has to allow it in this loop',
      `{ ${BUDGET}, safety_envelope: { approvals: [tools] } }`,
      INPUTS + OPEN,
    ],
    [
      'workers are kept off the network',
      `{ ${BUDGET}, worker_policy: { enforced: { sandbox: { network: false } } } }`,
      INPUTS + OPEN,
    ],
    ['the tools act on nothing', `{ ${BUDGET} }`, REMOTE + tool('side_effects: false')],
    ['text comes from the user alone', `{ ${BUDGET} }`, INPUTS + tool('side_effects: true')],
  ])('is not said where %s', async (_, body, rest) => {
    expect(await said('S20', loop(body, rest))).toEqual([]);
  });

  it('is an error in strict mode', async () => {
    const found = await findingsBy('S20', loop(`{ ${BUDGET} }`, INPUTS + OPEN), { strict: true });
    expect(found.map(({ severity }) => severity)).toEqual(['error']);
  });

  const nodes = (
    tools: string,
    rest = INPUTS,
    first = '{ id: lead, type: delegation_loop, config: { budget: { max_loops: 2 } } }',
  ) =>
    folder(graph([first, '{ id: writer, agent: writer }']) + rest, {
      writer: agentFile({ capabilities: `{ tools: ${tools} }` }),
    });

  it.each<[string, string, number]>([
    ['a tool that asks the web', '{ enabled: true, allowed: [web.search] }', 1],
    ['all tools of a namespace', '{ enabled: true, allowed: [http.*, web.*] }', 1],
    ['all usual tools, which do not reach the web', '{ enabled: true, allowed: ["*.*"] }', 0],
    [
      'a tool that is denied all the same',
      '{ enabled: true, allowed: ["web.*"], denied: [web.search] }',
      0,
    ],
    ['tools that are off', '{ enabled: false, allowed: [web.search] }', 0],
    ['tools that stay inside', '{ enabled: true, allowed: [file.read] }', 0],
  ])('looks at agents of nodes: %s', async (_, tools, count) => {
    expect(await said('S20', nodes(tools))).toHaveLength(count);
  });

  it('looks at programs of nodes where the box has a network', async () => {
    const tools = '{ enabled: true, allowed: [code.execute] }';
    const closed =
      '{ id: lead, type: delegation_loop, config: { budget: { max_loops: 2 }, worker_policy: { enforced: { sandbox: { network: false } } } } }';
    expect(await said('S20', nodes(tools, INPUTS + OPEN, closed))).toHaveLength(1);
    expect(await said('S20', nodes(tools, INPUTS, closed))).toEqual([]);
  });

  it('is not said of workflows that delegate nothing', async () => {
    const alone = nodes(
      '{ enabled: true, allowed: [web.search] }',
      INPUTS,
      '{ id: other, agent: writer }',
    );
    expect(await said('S20', alone)).toEqual([]);
    expect(await said('S20', manifest(INPUTS + OPEN))).toEqual([]);
  });
});
