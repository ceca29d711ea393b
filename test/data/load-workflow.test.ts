import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { modelOptions } from '../../src/data/model-options.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { temporaryFolder } from '../make.ts';

const HEAD = 'awp: "1.0.0"\nworkflow: { name: report, version: 1.0.0, description: Write it }\n';
const loop = (body: string): string =>
  `${HEAD}orchestration:\n  engine: delegation_loop\n  delegation_loop:\n${body.replace(/^/gm, '    ')}\n`;

async function load(files: Record<string, string>) {
  using folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  const loaded = await loadWorkflow(folder.path, nodeFiles());
  loaded.options(); // what cannot be run is said here
  return loaded;
}

describe('a workflow folder', () => {
  it('sets models, limits and the worker policy, and names what is not acted on', async () => {
    const { options, diagnostics } = await load({
      'workflow.awp.yaml': loop(`models: { manager: a/m, worker: b/w }
budget: { max_loops: 3, max_total_tokens: null, max_wall_time: 60, max_parallel_workers: 2 }
worker_policy:
  enforced:
    sandbox: { type: docker, max_memory_mb: 256, max_cpu_seconds: 5, network: false }
    forbidden_tools: [file.write]
  manager_controlled: [instructions]
termination: { enabled: false, window: 5 }
history: { full_results_window: 2 }
critique: { enabled: true }
trace_enabled: true
logging: { format: json }`),
    });
    expect(options()).toMatchObject({
      name: 'report',
      task: 'Write it',
      managerModel: 'a/m',
      workerModel: 'b/w',
      budget: { loops: 3, tokens: null, time: 60_000, parallel: 2 },
      sandbox: { memoryMb: 256, cpuSeconds: 5 },
      forbiddenTools: ['file.write'],
      managerControls: ['instructions'],
      stall: { enabled: false, window: 5 },
      fullTurns: 2,
      policy: { critique: { repairs: 2 }, turnWorkers: 6 },
      traceModels: true,
      workflowHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const idle = diagnostics.filter(({ rule }) => rule === 'S12').map(({ path }) => path);
    expect(idle).toEqual(['orchestration.delegation_loop.logging']);
  });

  it('cannot be run without a node', async () => {
    const empty = { 'workflow.awp.yaml': `${HEAD}orchestration: { engine: dag, graph: [] }\n` };
    await expect(load(empty)).rejects.toMatchObject({
      code: 'spec/invalid',
      message: expect.stringContaining('no node'),
    });
  });

  it.each([
    ['a file', 'instructions/SYSTEM.md', { 'agents/lead/instructions/SYSTEM.md': 'Be brief.' }],
    ['a text', '|\n    Be brief.', {}],
  ])("takes the manager's instructions from %s", async (_, system, more) => {
    const { options } = await load({
      'workflow.awp.yaml': loop('manager: agents/lead'),
      'agents/lead/agent.awp.yaml': `awp_agent: "1.0.0"\nidentity: { id: lead, role: Lead, description: Leads. }\nmodel: { name: x/y, parameters: { temperature: 0.5, max_tokens: 100 } }\nprompt:\n  system: ${system}\n`,
      ...more,
    });
    expect(options().managerInstructions?.trim()).toBe('Be brief.');
    expect(options()).toMatchObject({
      managerModel: 'x/y',
      managerTemperature: 0.5,
      managerMaxOutputTokens: 100,
    });
  });

  it('takes lists of models that stand behind others, and how much to think', async () => {
    const { options, diagnostics } = await load({
      'workflow.awp.yaml': loop(
        'manager: agents/lead\nmodels: { manager: [x/none, x/other], worker: [b/w, b/v, demo] }',
      ),
      'agents/lead/agent.awp.yaml': `awp_agent: "1.0.0"\nidentity: { id: lead, role: Lead, description: Leads. }\nmodel: { name: x/y, fallback: [x/z], reasoning: { enabled: true, effort: high, force: true } }\nprompt:\n  system: Be brief.\n`,
    });
    expect(options()).toMatchObject({
      managerModel: 'x/y',
      workerModel: 'b/w',
      fallbackModels: { manager: ['x/z'], worker: ['b/v', 'demo'] },
      reasoning: { manager: 'high' },
      mustReason: true,
    });
    expect(diagnostics.filter(({ rule }) => rule === 'S12')).toEqual([]);
  });

  it.each([
    ['the file of the manager', 'name: x/y', 'models: { manager: [a, b] }', 'x/y', []],
    [
      'the loop, when the file names no model',
      'fallback: [x/z]',
      'models: { manager: [a, b] }',
      'a',
      ['b'],
    ],
    ['the file, when nobody names a first', 'fallback: [x/z]', '', undefined, ['x/z']],
  ])('takes the whole list of the manager from %s', async (_, model, models, first, behind) => {
    const { options } = await load({
      'workflow.awp.yaml': loop(`manager: agents/lead\n${models}`),
      'agents/lead/agent.awp.yaml': `awp_agent: "1.0.0"\nidentity: { id: lead, role: Lead, description: Leads. }\nmodel: { ${model} }\nprompt:\n  system: Be brief.\n`,
    });
    const { managerModel, fallbackModels = {} } = options();
    expect(managerModel).toBe(first);
    expect(modelOptions({ fallbackModels }, 'manager').fallback ?? []).toEqual(behind);
  });

  it('uses the built-in manager when the folder of its own is not there', async () => {
    const { options } = await load({ 'workflow.awp.yaml': loop('manager: agents/nobody') });
    expect(options().managerInstructions).toBeUndefined();
  });

  const box = (text: string) => `sandbox: ${text}\n`;
  const enforced = (text: string) => loop(`worker_policy: { enforced: { sandbox: ${text} } }`);
  const lead = (text: string) => ({
    'agents/lead/agent.awp.yaml': `awp_agent: "1.0.0"\nidentity: { id: lead, role: Lead, description: Leads. }\nprompt:\n  system: Be brief.\ncapabilities: { sandbox: ${text} }\n`,
  });
  const hosts = '[api.example.com, "*.example.org"]';

  it.each([
    ['nothing', loop('{}'), {}, undefined],
    [
      'the box of the workflow',
      loop('{}') +
        box(
          `{ type: none, runtime: typescript, timeout: 7, packages: [d3], constraints: { max_memory_mb: 99, max_cpu_seconds: 3, max_output_bytes: 500 } }`,
        ),
      {},
      {
        ...{ minimum: 'none', timeoutMs: 7000, memoryMb: 99, cpuSeconds: 3, outputChars: 500 },
        ...{ hosts: [], languages: ['typescript', 'python', 'javascript'] },
        packages: { javascript: ['d3'] },
      },
    ],
    [
      "the manager's own box instead of it",
      loop('manager: agents/lead') + box('{ timeout: 7 }'),
      lead(
        `{ type: docker, packages: [pandas], network: { enabled: true, allowed_hosts: ${hosts} } }`,
      ),
      {
        ...{ minimum: 'boundary', timeoutMs: 30_000 },
        hosts: ['api.example.com', '*.example.org'],
        languages: ['python', 'javascript', 'typescript'],
        packages: { python: ['pandas'] },
      },
    ],
    [
      'the strictest of three',
      `${enforced('{ type: none, max_memory_mb: 300, max_cpu_seconds: 9 }')}${box(
        `{ type: none, timeout: 20, constraints: { max_memory_mb: 400, max_cpu_seconds: 8 }, network: { enabled: true, allowed_hosts: ${hosts} } }`,
      )}safety_envelope: { sandbox: { min: wasm, limits: { max_memory_mb: 350, timeout: 10.5, max_output_bytes: 90 } } }\n`,
      {},
      {
        ...{
          minimum: 'boundary',
          timeoutMs: 10_500,
          memoryMb: 300,
          cpuSeconds: 8,
          outputChars: 90,
        },
        ...{ hosts: [], languages: ['python', 'javascript', 'typescript'] },
      },
    ],
    [
      'a network that all allow',
      enforced('{ network: true }') + box('{ network: { enabled: true, allowed_hosts: ["*"] } }'),
      {},
      expect.objectContaining({ hosts: ['*'] }),
    ],
    [
      'a network without hosts',
      loop('{}') + box('{ network: { enabled: true } }'),
      {},
      expect.objectContaining({ hosts: [] }),
    ],
    [
      'hosts without a network',
      enforced('{ network: true }') + box(`{ network: { allowed_hosts: ${hosts} } }`),
      {},
      expect.objectContaining({ hosts: [] }),
    ],
    [
      'only an envelope',
      `${loop('{}')}safety_envelope: { sandbox: { min: none } }\n`,
      {},
      {
        ...{ minimum: 'none', hosts: [] },
      },
    ],
  ])('with %s sets the sandbox', async (_, text, more, wanted) => {
    const { options, diagnostics } = await load({ 'workflow.awp.yaml': text, ...more });
    expect(options().sandbox).toEqual(wanted);
    expect(diagnostics.filter(({ rule }) => rule === 'S12')).toEqual([]);
    new AgentWorkflow({ ...options(), task: 'x' }); // all of it can be an option
  });

  it.each([
    ['no workflow', {}, 'spec/no-workflow', 'workflow.awp.yaml'],
    [
      'wrong YAML',
      { 'workflow.awp.yaml': 'awp: "1.0.0"\nworkflow: [a, b\nx: {' },
      'spec/invalid',
      /:\d+:\d+: /,
    ],
    [
      'a key twice',
      { 'workflow.awp.yaml': 'awp: "1.0.0"\nawp: "1.0.0"\n' },
      'spec/invalid',
      /:2:1: /,
    ],
    [
      'a foreign tag',
      { 'workflow.awp.yaml': 'awp: !!js/function "x"\n' },
      'spec/invalid',
      /:1:6: /,
    ],
    [
      'another version',
      { 'workflow.awp.yaml': loop('{}').replace('1.0.0', '2.0.0') },
      'spec/invalid',
      'awp',
    ],
    [
      'a wrong type',
      { 'workflow.awp.yaml': loop('budget: { max_loops: many }') },
      'spec/invalid',
      'max_loops',
    ],
    [
      'a limit of zero',
      { 'workflow.awp.yaml': loop('budget: { max_total_tokens: 0 }') },
      'spec/invalid',
      'max_total_tokens',
    ],
    [
      'a network',
      { 'workflow.awp.yaml': loop('worker_policy: { enforced: { sandbox: { network: true } } }') },
      'spec/unsupported',
      'network',
    ],
    [
      'a host that is none',
      {
        'workflow.awp.yaml':
          loop('{}') + box('{ network: { enabled: true, allowed_hosts: ["http://a.test/"] } }'),
      },
      'spec/invalid',
      'http://a.test/',
    ],
    [
      'a language that is none',
      { 'workflow.awp.yaml': loop('{}') + box('{ runtime: cobol }') },
      'spec/unsupported',
      'cobol',
    ],
    [
      'a manager outside',
      { 'workflow.awp.yaml': loop('manager: ../../elsewhere') },
      'spec/invalid',
      'leaves the folder',
    ],
    [
      'a missing prompt',
      {
        'workflow.awp.yaml': loop('manager: agents/a'),
        'agents/a/agent.awp.yaml':
          'awp_agent: "1.0.0"\nidentity: { id: aa, role: Lead, description: Leads. }\nprompt: { system: none.md }',
      },
      'spec/invalid',
      'none.md',
    ],
  ])('with %s is refused with the place', async (_, files, code, said) => {
    const thrown = await load(files as Record<string, string>).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(AwpError);
    expect(thrown).toMatchObject({ code, message: expect.stringMatching(said) });
  });
});
