import { afterAll, beforeAll, expect, it } from 'vitest';
import { block } from '../../src/base/visible-text.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { CodeLanguage, PlanNamespace } from '../../src/events/creation.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import type { ToolResult } from '../../src/ports/tool.ts';
import { type HostileReport, runHostile } from '../../src/sandboxes/hostile/run.ts';
import type { HostileProgram } from '../../src/sandboxes/hostile/types.ts';
import { around, callMade, created, placeIn } from '../tools/created/making.ts';

/** Namespaces of each kind; what is listed for the network is a name that nobody has. */
export const KINDS = {
  compute: { capabilities: ['compute'] },
  network: { capabilities: ['compute', 'network'], hosts: ['api.example.com'] },
  filesystem: { capabilities: ['compute', 'filesystem'] },
} satisfies Record<string, Partial<PlanNamespace>>;

/** Those that stand for lines of these sections of the lists of attacks. */
export function covering(
  programs: readonly HostileProgram[],
  ...sections: readonly string[]
): HostileProgram[] {
  return programs.filter(({ covers }) =>
    covers.some((one) => sections.some((section) => one.startsWith(`${section}-`))),
  );
}

/** A program as a tool: that in Python is run by its handler, a module runs when it is loaded. */
function handlerOf({ language, code }: Pick<SandboxJob, 'language' | 'code'>): string {
  if (language !== 'python') return `${code}\nfunction handler() { return { ok: true }; }`;
  return [
    `SOURCE = ${JSON.stringify(code)}`,
    'def handler():',
    "    exec(compile(SOURCE, 'handler.py', 'exec'), dict(globals(), __name__='__main__'))",
    "    return {'ok': True}",
  ].join('\n');
}

/** The same box, with every program made a tool of a namespace, and what the calls gave back. */
function asHandlers(
  box: Sandbox,
  namespace: Partial<PlanNamespace>,
): { box: Sandbox; results: ToolResult[] } {
  const results: ToolResult[] = [];
  const run = async (job: SandboxJob, signal: AbortSignal): Promise<Execution> => {
    const seen: Execution[] = [];
    const recording: Sandbox = {
      ...box,
      prepare: () => {},
      run: async (inner, stop) => {
        const execution = await box.run(inner, stop);
        seen.push(execution);
        return execution;
      },
    };
    const near = around(recording, { signal, sandboxPolicy: job.policy });
    const workspace = { ...near.context.workspace, inputs: job.inputs ?? '', shared: job.shared };
    const context = { ...near.context, workspace };
    const tool = created(handlerOf(job), job.language as CodeLanguage);
    const place = placeIn(namespace, { callMs: job.timeoutMs });
    results.push(await callMade(tool, { context }, { place }));
    expect(seen).toHaveLength(1);
    return seen[0] as Execution;
  };
  return { box: { ...box, run, close: async () => {} }, results };
}

/** Runs hostile programs as tools of a namespace: each is contained, with one result, and the next call works. */
export function withstandsHandlers(
  box: Sandbox,
  kind: keyof typeof KINDS,
  programs: readonly HostileProgram[],
): void {
  const there = new Set(box.languages.map(({ language }) => language));
  const runnable = programs.filter(({ language }) => there.has(language) && language !== 'shell');
  const made = asHandlers(box, KINDS[kind]);
  let report: HostileReport;
  beforeAll(async () => {
    report = await runHostile(nodeEffects(), async () => made.box, { programs: runnable });
  }, 300_000);
  afterAll(async () => box.close());

  it.for(runnable)('$id $title', ({ id }) => {
    const result = report.results.find((one) => one.id === id);
    expect(result?.expected, result?.words).toContain(result?.verdict);
  });

  it('most ran to their end and say that they got nowhere: they were not stopped by their form', () => {
    const ended = made.results.filter(({ log = '' }) => /^CONTAINED: /m.test(log));
    expect(runnable.length).toBeGreaterThan(0);
    expect(ended.length / runnable.length).toBeGreaterThan(0.6);
  });

  it('each has one result in the form of all results', () => {
    expect(made.results).toHaveLength(runnable.length);
    for (const { ok, status, log = '', error = '', data } of made.results) {
      expect(ok).toBe(status < 400);
      expect([200, 408, 413, 422, 500]).toContain(status);
      expect(JSON.stringify([log, error, data]).length).toBeLessThan(60_000);
      expect(block(log + error)).toBe(log + error);
    }
  });

  it('the next call works', async () => {
    const tool = created("def handler():\n    return {'ok': True}", 'python');
    const script = created('function handler() { return { ok: true }; }', 'javascript');
    const used = new Set(runnable.map(({ language }) => language));
    for (const one of [tool, script].filter(({ language }) => used.has(language))) {
      expect(await callMade(one, around(box))).toMatchObject({ ok: true });
    }
  });
}
