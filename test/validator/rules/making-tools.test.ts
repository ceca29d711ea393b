import { describe, expect, it } from 'vitest';
import { agentFile, findingsBy, folder, loop, manifest } from './write.ts';

const tools = (namespaces: string, rest = ''): string =>
  manifest(`dynamic_tools: { enabled: true, allowed_namespaces: ${namespaces} }\n${rest}`);
const GRANT = 'security: { secrets: { grants: { KEY: { hosts: [a.example] } } } }\n';
const feeds = (more: string): string => `[{ name: feeds, capabilities: [network]${more} }]`;
const HOSTS = ', network_allowlist: [a.example]';

describe('S21: where tools are made, and what they can do', () => {
  it.each<[string, string]>([
    ['nobody makes tools', manifest(`dynamic_tools: { allowed_namespaces: ${feeds('')} }\n`)],
    ['nothing is said of namespaces', manifest('dynamic_tools: { enabled: true }\n')],
    ['namespaces are names', tools('[dynamic, stats]')],
    ['a network has hosts', tools(feeds(HOSTS))],
    ['a network has all hosts on purpose', tools(feeds(', network_allowlist: ["*"]'))],
    ['a secret has its hosts', tools(feeds(`${HOSTS}, secrets: [KEY]`), GRANT)],
    ['an envelope allows some', tools('[a, b]', 'safety_envelope: { allowed_namespaces: [b] }\n')],
    [
      'an envelope allows the usual one',
      manifest(
        'dynamic_tools: { enabled: true }\nsafety_envelope: { allowed_namespaces: [dynamic] }\n',
      ),
    ],
    ['an envelope speaks of other things', tools('[a]', 'safety_envelope: { max_tools: 3 }\n')],
  ])('says nothing when %s', async (_, text) => {
    expect(await findingsBy('S21', text)).toEqual([]);
  });

  it.each<[string, string, 'warning' | 'error', string, string]>([
    [
      'a network without hosts',
      tools(feeds('')),
      'warning',
      'have a network and can reach no host',
      '["*"]',
    ],
    [
      'an empty list of hosts',
      tools(feeds(', network_allowlist: []')),
      'warning',
      'can reach no host',
      'network_allowlist',
    ],
    [
      'hosts without a network',
      tools('[{ name: a, network_allowlist: [a.example] }]'),
      'warning',
      'have no network',
      'capabilities',
    ],
    [
      'an address of a page',
      tools(feeds(', network_allowlist: ["https://a.example/x"]')),
      'error',
      'is an address of a page',
      'a host such as',
    ],
    [
      'a whole top level',
      tools(feeds(', network_allowlist: ["*.com"]')),
      'error',
      'top-level domain',
      'a host such as',
    ],
    [
      'a range that is too wide',
      tools(feeds(', network_allowlist: [0.0.0.0/0]')),
      'error',
      'too wide',
      'a host such as',
    ],
    [
      'a secret that nobody has',
      tools(feeds(`${HOSTS}, secrets: [KEY]`)),
      'warning',
      'has no secret `KEY`',
      'grants',
    ],
    [
      'a secret without hosts',
      tools(feeds(`${HOSTS}, secrets: [KEY]`), 'security: { secrets: { required: [KEY] } }\n'),
      'warning',
      'may go to no host',
      'hosts',
    ],
    [
      'a secret that has no name',
      tools(feeds(`${HOSTS}, secrets: ["A B"]`)),
      'error',
      'is no name of a secret',
      'API_KEY',
    ],
    ['a namespace twice', tools('[a, b, { name: a }]'), 'error', 'stands twice', 'leave one'],
    ['no namespace', tools('[]'), 'warning', 'there is no namespace', 'dynamic'],
    [
      'an envelope with others',
      tools('[a]', 'safety_envelope: { allowed_namespaces: [b] }\n'),
      'warning',
      'none of these namespaces',
      'name some of a',
    ],
    [
      'an envelope with a star',
      tools('[a]', 'safety_envelope: { allowed_namespaces: ["*"] }\n'),
      'warning',
      'none of these namespaces',
      'name some of a',
    ],
    [
      'a loop that enforces others',
      loop(
        '{ worker_policy: { enforced: { allowed_namespaces: [b] } } }',
        'dynamic_tools: { enabled: true }\n',
      ),
      'warning',
      'none of these namespaces',
      'name some of dynamic',
    ],
    [
      'more tools than the envelope',
      loop(
        '{ worker_policy: { enforced: { codemode: { max_tools_per_worker: 9 } } } }',
        'dynamic_tools: { enabled: true }\nsafety_envelope: { max_tools: 3 }\n',
      ),
      'warning',
      'at most 3 tools',
      'raise the envelope',
    ],
  ])('looks at %s', async (_, text, severity, message, help) => {
    const found = await findingsBy('S21', text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity });
    expect(found[0]?.message).toContain(message);
    expect(found[0]?.help).toContain(help);
  });

  it('looks at agents that want more tools than the envelope', async () => {
    const text = manifest('dynamic_tools: { enabled: true }\nsafety_envelope: { max_tools: 3 }\n');
    const capabilities = '{ codemode: { enabled: true, tool_creation: true, max_tools: 4 } }';
    const found = await findingsBy('S21', folder(text, { writer: agentFile({ capabilities }) }));
    expect(found.map(({ file }) => file)).toEqual(['agents/writer/agent.awp.yaml']);
  });

  it('can be asked about anything', async () => {
    for (const odd of [
      '7',
      'x',
      '{ a: 1 }',
      '[[a]]',
      '[null, 7, { name: 7, secrets: x, capabilities: 7 }]',
    ]) {
      await findingsBy('S21', tools(odd));
      await findingsBy(
        'S21',
        tools('[a]', `safety_envelope: { allowed_namespaces: ${odd}, max_tools: ${odd} }\n`),
      );
    }
  });
});

describe('R25: names of namespaces', () => {
  it.each(['shell', 'tools', 'Stats', 'a.b', '../x', 'dyn\u0430mic', '"*"', '""', '"stats\\n"'])(
    'does not allow %s',
    async (name) => {
      for (const entry of [name, `{ name: ${name} }`]) {
        const found = await findingsBy('R25', tools(`[${entry}]`));
        expect(found.map(({ severity }) => severity)).toEqual(['error']);
      }
    },
  );
});
