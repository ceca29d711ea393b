import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CodeLanguage } from '../../../src/events/creation.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { only, temporaryFolder, testHost } from '../../make.ts';
import { openBox } from '../../sandboxes/boxes.ts';
import { openQuickjs } from '../../sandboxes/quickjs-box.ts';
import { endOf, planAgent, planGraph, runPlan } from '../graphs.ts';
import { CODEMODE, codemodePlan } from './solve-box.ts';

const HANDLERS: Readonly<Record<CodeLanguage, string>> = {
  python: `def handler(*, values):
    return {"ok": True, "status": 200, "data": {"mean": sum(values) / len(values)}}`,
  javascript: `function handler({ values }) {
  const sum = values.reduce((a, b) => a + b, 0);
  return { ok: true, status: 200, data: { mean: sum / values.length } };
}`,
  typescript: `function handler({ values }: { values: number[] }) {
  const sum: number = values.reduce((a, b) => a + b, 0);
  return { ok: true, status: 200, data: { mean: sum / values.length } };
}`,
};

const PARAMETERS = {
  type: 'object',
  properties: {
    values: { type: 'array', items: { type: 'number' }, minItems: 1, default: [1, 2] },
  },
  required: ['values'],
};

/** A program that makes a tool, calls it, and writes a file. */
function makes(language: CodeLanguage): string {
  const args = [JSON.stringify(PARAMETERS), JSON.stringify(HANDLERS[language])];
  return language === 'python'
    ? `import json
async def solve(sdk):
    made = await sdk.tools.create("stats.mean", "the mean of numbers", ${args.join(', ')})
    mean = await sdk.stats.mean(values=[1, 2, 6])
    await sdk.file.write("output/mean.txt", str(mean["mean"]))
    print("made", made["name"])
    return {"mean": mean["mean"], "registered": made["registered"], "confidence": 0.9}`
    : `export async function solve(sdk${language === 'typescript' ? ': any' : ''}) {
  const made = await sdk.tools.create('stats.mean', 'the mean of numbers', ${args.join(', ')});
  const { mean } = await sdk.stats.mean({ values: [1, 2, 6] });
  await sdk.file.write('output/mean.txt', String(mean));
  console.log('made', made.name);
  return { mean, registered: made.registered, confidence: 0.9 };
}`;
}

/** A program that uses what another agent made. */
function uses(language: CodeLanguage): string {
  return language === 'python'
    ? 'async def solve(sdk):\n    return {**await sdk.stats.mean(values=[4]), "confidence": 1}'
    : 'export async function solve(sdk) {\n  return { ...(await sdk.stats.mean({ values: [4] })), confidence: 1 };\n}';
}

describe.each([
  ['bwrap', () => openBox('bwrap'), ['python', 'javascript', 'typescript']],
  ['quickjs', () => openQuickjs(), ['typescript']],
] as const)('code mode in a box of %s', (_, open, languages) => {
  it.each(languages)('makes a tool in %s, which is there for who comes later', async (language) => {
    using folder = temporaryFolder();
    // The run gives it back at its end.
    const sandbox = await open();
    mkdirSync(`${folder.path}/r-test/inputs`, { recursive: true });
    const codemode = { ...CODEMODE, language };
    const making = { namespaces: ['stats'], maxTools: 3, repairs: 0 };
    const tools = ['file.*', 'code.solve', 'stats.*'];
    const asked: ModelRequest[] = [];
    const host = testHost(folder.path, {
      script: (request) => {
        asked.push(request);
        const program = asked.length === 1 ? makes(language) : uses(language);
        return `I made this:\n\n\`\`\`${language}\n${program}\n\`\`\`\n`;
      },
      ...{ tools: builtinTools, sandbox },
    });
    const plan = codemodePlan(
      {},
      {
        plan: {
          graph: planGraph({ one: { agent: 'maker' }, two: { agent: 'user', after: ['one'] } }),
          agents: {
            maker: planAgent('maker', { codemode, tools, making }),
            user: planAgent('user', { codemode, tools }),
          },
          creation: {
            namespaces: [{ name: 'stats', capabilities: ['compute'], hosts: [], secrets: [] }],
            ...{ maxTotal: 5, maxPerAgent: 5, cache: true, dryRun: true, dryRunMs: 10_000 },
            ...{ callMs: 10_000, persist: false, codeReview: false, induction: false },
          },
        },
      },
    );
    const { state, log } = await runPlan(host, plan);
    expect(only(log, 'tool.returned').flatMap(({ data }) => data.error ?? [])).toEqual([]);
    expect(endOf(state)).toEqual({
      status: 'complete',
      result: {
        one: { mean: 3, registered: true, confidence: 0.9 },
        two: { mean: 4, confidence: 1 },
      },
    });
    expect(only(log, 'tool.called').map(({ data }) => data.tool)).toEqual([
      ...['code.solve', 'tools.create', 'stats.mean', 'file.write'],
      ...['code.solve', 'stats.mean'],
    ]);
    const [maker, user] = asked.map(({ messages }) => messages[0]?.text ?? '');
    expect(maker).toContain('sdk.tools.create takes "name"');
    expect(user).toMatch(/the mean of numbers\n(?:.*\n){0,2}.*mean\(/);
    expect(user).not.toContain('tools.create');
    const artifacts = only(log, 'artifact.written').map(({ data }) => data.path);
    expect(artifacts).toEqual(['mean.txt']);
  });
});
