import { join } from 'node:path';
import type { Json } from '../../src/base/json.ts';
import { agentModules } from '../../src/data/agent-modules.ts';
import type { TrustOption } from '../../src/data/trust.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { ModuleCall } from '../../src/ports/step.ts';
import { workflowOf } from './make-tools.ts';

/** A workflow whose agent `x` has this code, and further files of the workflow. */
export function agentOf(code: string, more: Readonly<Record<string, string>> = {}) {
  return workflowOf({
    'workflow.awp.yaml': 'awp: "1.0.0"\n',
    'agents/x/agent.ts': code,
    ...more,
  });
}

/** What the code of an agent is called with, as far as these tests need it. */
export function callOf(
  flow: { path: string },
  more: Partial<ModuleCall> = {},
): ModuleCall & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    ...{ agent: 'x', module: join(flow.path, 'agents/x/agent.ts') },
    ...{ node: 'x', attempt: 1, task: 'do it', input: {}, tools: [] },
    signal: new AbortController().signal,
    log: (text) => lines.push(text),
    ask: async () => {
      throw new Error('not in this test');
    },
    callTool: async () => ({ ok: false, status: 500, data: {}, error: 'not in this test' }),
    ...more,
  };
}

/** Calls the agent as a run would; gives what it returned, or the code and words of what went wrong. */
export async function callAgent(
  flow: { path: string; effects: Effects },
  call: ModuleCall = callOf(flow),
  { trust = true, before }: { trust?: TrustOption; before?: () => void } = {},
): Promise<Json | undefined> {
  const runner = agentModules(flow.effects, trust);
  try {
    const close = await runner.open?.([call.module], call.signal);
    before?.();
    try {
      return await runner.run(call);
    } finally {
      await close?.();
    }
  } catch (error) {
    const { code = 'no code', message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
}
