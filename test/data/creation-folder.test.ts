import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { graphNotes } from '../../src/data/graph-plan-notes.ts';
import { planSchema } from '../../src/data/plan-schema.ts';
import { openWorkflow } from '../../src/data/workflow-folder.ts';
import { loadWorkflow } from '../../src/index.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder, testPlan } from '../make.ts';
import { agentFile, graphFiles, planIn } from './graph-make.ts';

const HEAD = 'awp: "1.0.0"\nworkflow: { name: report, version: 1.0.0, description: Write it }\n';
const loop = (body: string, rest: string): string =>
  `${HEAD}orchestration:\n  engine: delegation_loop\n  delegation_loop: ${body}\n${rest}`;

async function inFolder<T>(
  files: Record<string, string>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  using folder = temporaryFolder();
  const path = `${folder.path}/report`;
  writeFiles(path, files);
  return await use(path);
}

describe('a folder with a delegation loop', () => {
  const read = (text: string) =>
    inFolder({ 'workflow.awp.yaml': text }, async (path) => {
      const loaded = await loadWorkflow(path);
      return { loaded, plan: testPlan(loaded.options() as object) };
    });

  it('lets its workers make tools within all that bounds them', async () => {
    const { loaded, plan } = await read(
      loop(
        '{ worker_policy: { enforced: { allowed_namespaces: [stats, feeds], codemode: { max_tools_per_worker: 3 } } } }',
        `safety_envelope: { allowed_namespaces: [feeds, other], max_tools: 5 }
dynamic_tools:
  enabled: true
  allowed_namespaces: [stats, { name: feeds, capabilities: [network], network_allowlist: [api.example.com] }]
`,
      ),
    );
    expect(plan.creation?.namespaces).toEqual([
      {
        name: 'feeds',
        capabilities: ['compute', 'network'],
        hosts: ['api.example.com'],
        secrets: [],
      },
    ]);
    expect(plan.worker.making).toEqual({ namespaces: ['feeds'], maxTools: 3, repairs: 2 });
    expect(plan.worker.managerControls).toContain('codemode.tool_creation');
    expect(planSchema.safeParse(plan).error?.issues).toBeUndefined();
    const idle = loaded.diagnostics.filter(({ rule }) => rule === 'S12').map(({ path }) => path);
    expect(idle).toEqual([]);
  });

  it('lets nobody make any when it says nothing of it', async () => {
    const { plan } = await read(loop('{ worker_policy: { enforced: {} } }', ''));
    expect([plan.creation, plan.worker.making]).toEqual([undefined, undefined]);
  });

  it('is refused with the place of a host that cannot be one', async () => {
    const wrong = loop(
      '{ budget: {} }',
      'dynamic_tools: { enabled: true, allowed_namespaces: [{ name: feeds, capabilities: [network], network_allowlist: ["https://a.example"] }] }\n',
    );
    const error = await read(wrong).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(AwpError);
    expect(error).toMatchObject({ code: 'spec/invalid' });
    expect(String(error)).toMatch(
      /workflow\.awp\.yaml:6:\d+: .*network_allowlist\[0\].*name only the host/,
    );
  });
});

const MAKER =
  'capabilities: { tools: { enabled: true, allowed: ["stats.*"] }, sandbox: { enabled: true, type: subprocess }, codemode: { enabled: true, tool_creation: true, tool_creation_namespace: stats, max_tools: 4, repair_attempts: 1 } }';

describe('a folder with a graph', () => {
  const LOOP =
    'config: { budget: { max_depth: 0 }, worker_policy: { enforced: { codemode: { max_tools_per_worker: 2 } } } }';
  const files = (more: string, inner = '') => ({
    ...graphFiles({
      graph: `- { id: one, agent: one }\n- { id: two, type: delegation_loop, ${LOOP} }\n- { id: sub, subworkflow: ./inner }`,
      agents: { one: MAKER },
      more,
    }),
    'inner/workflow.awp.yaml': `awp: "1.0.0"\nworkflow: { name: inner, version: 1.0.0, description: Inner. }\norchestration: { graph: [{ id: deep, agent: deep }] }\n${inner}`,
    'inner/agents/deep/agent.awp.yaml': agentFile('deep', MAKER),
  });
  const ROOT = 'dynamic_tools: { enabled: true, allowed_namespaces: [stats, text] }\n';
  const SAME = 'dynamic_tools: { enabled: true, allowed_namespaces: [stats] }\n';

  it('lets agents, loops and sub-workflows make tools, each within its bounds', async () => {
    await inFolder(files(ROOT, SAME), async (path) => {
      const plan = await planIn(path);
      expect(plan.creation?.namespaces.map(({ name }) => name)).toEqual(['stats', 'text']);
      expect(plan.agents?.one?.making).toEqual({ namespaces: ['stats'], maxTools: 4, repairs: 1 });
      expect(plan.agents?.['sub/deep']?.making).toEqual({
        ...{ namespaces: ['stats'], maxTools: 4, repairs: 1 },
      });
      expect(plan.loops?.two?.worker.making).toEqual({
        ...{ namespaces: ['stats', 'text'], maxTools: 2, repairs: 2 },
      });
      expect(planSchema.safeParse(plan).error?.issues).toBeUndefined();
    });
  });

  it('is bound by the envelope of the whole, in all of its parts', async () => {
    await inFolder(
      files(`${ROOT}safety_envelope: { allowed_namespaces: [stats], max_tools: 1 }\n`, SAME),
      async (path) => {
        const plan = await planIn(path);
        const made = [plan.agents?.one, plan.agents?.['sub/deep'], plan.loops?.two?.worker];
        expect(made.map((one) => [one?.making?.namespaces, one?.making?.maxTools])).toEqual([
          [['stats'], 1],
          [['stats'], 1],
          [['stats'], 1],
        ]);
      },
    );
  });

  it('gives a sub-workflow nothing that the whole run does not have, and says so', async () => {
    const more = 'dynamic_tools: { enabled: true, allowed_namespaces: [stats, { name: text }] }\n';
    const wider = 'dynamic_tools: { enabled: true, allowed_namespaces: [stats, own] }\n';
    await inFolder(files(more, wider), async (path) => {
      const { graph } = await openWorkflow(path);
      const notes = graph ? graphNotes(graph).map(({ note }) => note) : [];
      expect(notes).toEqual([
        'agents of the sub-workflow sub make no tools in own: the whole run does not allow that, or its tools can do more there',
      ]);
      expect((await planIn(path)).agents?.['sub/deep']?.making?.namespaces).toEqual(['stats']);
    });
  });

  it('is bound by its envelope even when a program says more', async () => {
    await inFolder(
      files(`${ROOT}safety_envelope: { allowed_namespaces: [stats], max_tools: 1 }\n`, SAME),
      async (path) => {
        const plan = await planIn(path, { dynamicTools: { namespaces: ['stats', 'text'] } });
        expect(plan.loops?.two?.worker.making).toMatchObject({
          namespaces: ['stats'],
          maxTools: 1,
        });
      },
    );
  });

  it('lets nobody make tools when a program says no', async () => {
    await inFolder(files(ROOT, SAME), async (path) => {
      const plan = await planIn(path, { dynamicTools: false });
      const made = [plan.creation, plan.agents?.one?.making, plan.loops?.two?.worker.making];
      expect(made).toEqual([undefined, undefined, undefined]);
    });
  });
});
