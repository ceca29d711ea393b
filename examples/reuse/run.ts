/**
 * Three runs of one workflow: the first makes a tool, the second finds it, and once a person has
 * promoted it, it is a part of the workflow's folder: `node examples/reuse/run.ts`. In your own
 * project the imports are `awp-agents` and `awp-agents/testing`, and the command is `awp`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadWorkflow } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing.ts';

const code = `export function handler({ celsius }: { celsius: number[] }) {
  return { ok: true, status: 200, data: { fahrenheit: celsius.map((one) => (one * 9) / 5 + 32) } };
}`;
const celsius = { type: 'array', items: { type: 'number' } };
const parameters = { type: 'object', properties: { celsius }, required: ['celsius'] };
const description = 'Temperatures in degrees Fahrenheit.';
const draft = { name: 'weather.fahrenheit', description, parameters, language: 'typescript', code };

/** Its worker makes the tool only when it has none. */
const model = scriptedModel(({ headers, messages, tools }) => {
  if (headers['x-awp-agent'] === 'clerk') {
    const isThere = tools.some(({ name }) => name === draft.name);
    const last = messages.findLast(({ role }) => role === 'tool');
    const { data } = last ? JSON.parse(last.text) : {};
    if (data?.fahrenheit) return { fahrenheit: data.fahrenheit, confidence: 1 };
    if (!isThere) return { toolCalls: [{ name: 'tools.create', args: draft }] };
    return { toolCalls: [{ name: draft.name, args: { celsius: [-5, 0, 20] } }] };
  }
  const [, found] = /"fahrenheit": ?\[([^\]]+)\]/.exec(messages.at(-1)?.text ?? '') ?? [];
  if (found !== undefined) {
    return { decision: 'complete', final_result: { summary: `${found} °F` }, confidence: 1 };
  }
  const instructions =
    'Convert -5, 0 and 20 degrees Celsius; make weather.fahrenheit if it is not there.';
  const codemode = { enabled: true, tool_creation: true };
  return { decision: 'delegate', delegations: [{ worker_id: 'clerk', instructions, codemode }] };
});

/** The workflow's folder, which the person who promotes a tool writes to. */
const folder = mkdtempSync(join(tmpdir(), 'reuse-'));
cpSync(join(import.meta.dirname, 'workflow.awp.yaml'), join(folder, 'workflow.awp.yaml'));

async function run(title: string, home?: string): Promise<string> {
  const workflow = await loadWorkflow(folder);
  const { status, text, metadata } = await workflow.run({
    model,
    ...(home !== undefined && { home }),
  });
  const [tool] = metadata.createdTools ?? [];
  const made = metadata.toolCreation?.attempts ?? 0;
  console.log(`${title}: ${status}, ${text}; ${made} made; ${tool?.name} is of ${tool?.origin}`);
  return metadata.runId;
}

await run('first run');
const second = await run('second run');

const awp = join(import.meta.dirname, '../../src/cli/main.ts');
execFileSync(process.execPath, [awp, 'tools', 'promote', second, draft.name, '--yes'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
console.log('promoted by a person');
await run('third run, of another home', join(folder, '.awp'));
console.log(`awp tools list ${second}`);
rmSync(folder, { recursive: true });
