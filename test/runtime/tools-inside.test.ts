import { describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Language } from '../../src/events/plan.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { complete, delegate, logOf, only, temporaryFolder } from '../make.ts';

const PROGRAMS: Readonly<Record<Language, string>> = {
  python: `
import asyncio
print(tools.call('arithmetic.add', a=1, b=2)['result'], sorted(_sys.argv[1:]), _sys.stdin.read())
async def all():
    return await asyncio.gather(*[tools.call_async('arithmetic.add', a=n, b=1) for n in range(5)])
print([one['result'] for one in asyncio.run(all())])
tools.call('file.write', path='output/inside.txt', content='from inside')
try:
    tools.call('arithmetic.divide', a=1, b='two')
except Exception as error:
    print(type(error).__name__, error.status)
`,
  javascript: `
import fs from 'node:fs';
const sum = await tools.call('arithmetic.add', { a: 1, b: 2 });
console.log(sum.result, JSON.stringify(process.argv.slice(2)).replaceAll('"', "'").replaceAll(',', ', '), fs.readFileSync(0, 'utf8'));
const all = [0, 1, 2, 3, 4].map((n) => tools.call('arithmetic.add', { a: n, b: 1 }));
console.log('[' + (await Promise.all(all)).map(({ result }) => result).join(', ') + ']');
tools.callSync('file.write', { path: 'output/inside.txt', content: 'from inside' });
try {
  await tools.call('arithmetic.divide', { a: 1, b: 'two' });
} catch (error) {
  console.log(error.name, error.status);
}
`,
  typescript: '',
  shell: '',
};

/** Languages of the strongest box of this machine; none where there is no box. */
const there = await openSandbox(nodeEffects())(sandboxPolicy()).then(
  async (box) => {
    await box.close();
    return box.languages.map(({ language }) => language);
  },
  () => [],
);

describe('a program in a real box', () => {
  it.each(there.filter((language) => PROGRAMS[language] !== ''))(
    'of %s calls tools of the host, and its run counts and keeps it',
    async (language) => {
      using folder = temporaryFolder();
      const args = { language, code: PROGRAMS[language], args: ['a', 'b'], stdin: 'said' };
      const model = scriptedModel(({ headers, messages }) => {
        if (headers['x-awp-role'] === 'manager') {
          return JSON.stringify(messages).includes('Results of turn') ? complete() : delegate('w');
        }
        if (messages.at(-1)?.role === 'tool') return { summary: 'fine', confidence: 1 };
        return { toolCalls: [{ name: 'code.execute', args }] };
      });
      const store = memoryStore({ folder: folder.path });
      const result = await new AgentWorkflow({ task: 'x', model, store }).run();
      const returned = only(await logOf(store, result.metadata.runId), 'tool.returned');
      const outer = returned.filter(({ data }) => data.parentCall === undefined);
      expect(outer.map(({ data }) => data.error)).toEqual([undefined]);
      expect(Object(outer[0]?.data.data).stdout).toBe(
        "3 ['a', 'b'] said\n[1, 2, 3, 4, 5]\nToolError 400\n",
      );
      expect(result.usage.toolCalls).toBe(9);
      expect(result.artifacts.map(({ name, bytes }) => [name, bytes])).toEqual([
        ['inside.txt', 11],
      ]);
    },
  );
});
