import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/base/json.ts';
import { runCli } from '../../src/cli/cli.ts';
import { watchRun } from '../../src/cli/watch-run.ts';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { openHome } from '../../src/data/home.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { ModelChunk, ModelProvider, ModelRequest } from '../../src/ports/model-provider.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { fakeShell } from '../cli/fake-shell.ts';
import { complete, delegate } from '../make.ts';
import { spellingsOf } from './spellings.ts';

/** Everything that came of a run, by what it was. */
export type Traces = Readonly<Record<string, string>>;

/** A secret of letters that are spelled differently in every coding. */
export function randomSecret(): string {
  return `sk-"Ä/+=&\\${randomBytes(12).toString('base64')}`;
}

/** Says a secret wherever a tool can say something. */
function leakyTool(name: string, spelled: readonly string[]): Tool {
  const all = spelled.join(' | ');
  return {
    name,
    description: 'Tells what it knows.',
    parameters: { type: 'object' },
    idempotent: true,
    origin: 'external',
    secrets: ['API_KEY'],
    async run(args, { workspace, progress, denied, secrets }) {
      const own = secrets.get('API_KEY')?.reveal() ?? 'it has none';
      progress(`working with ${all}`);
      denied(`will not say ${all}`);
      if (args.fail === 'throw') throw new Error(`no way to ${all}`);
      if (args.fail === 'answer') return { ok: false, status: 500, data: {}, error: all, log: all };
      for (const part of spelled.filter((one) => /^[\w-]+$/.test(one))) {
        await workspace.write(`report ${part}.txt`, new TextEncoder().encode('nothing in it'));
      }
      const data = { own, all, list: [all, { deep: all }], [`key ${own}`]: 1 } as Json;
      return { ok: true, status: 200, data, log: all };
    },
  };
}

/** A model that hands out its answers letter by letter. */
function inPieces(model: ModelProvider): ModelProvider {
  return {
    name: model.name,
    async *ask(request, signal): AsyncGenerator<ModelChunk> {
      for await (const chunk of model.ask(request, signal)) {
        if (chunk.type === 'end') yield chunk;
        else for (const text of chunk.text.match(/.{1,7}/gsu) ?? []) yield { ...chunk, text };
      }
    },
  };
}

/**
 * A run whose manager, worker, program and tools say a secret wherever they can; everything that is
 * written, printed and sent of it.
 */
export async function leakyRun(folder: string, secret: string): Promise<Traces> {
  const spelled = spellingsOf(secret).map(([, spelling]) => spelling);
  const all = spelled.join(' | ');
  const sent: ModelRequest[] = [];
  const model = inPieces(scriptedModel(script(all, sent)));
  const home = join(folder, '.awp');
  const workflow = new AgentWorkflow({
    ...{ task: `Use ${all}`, model, home, managerInstructions: `The key is ${all}.` },
    secrets: { API_KEY: secret },
    tools: ['code.execute', 'file.*', leakyTool('leaky.tell', spelled)],
  });
  const shell = fakeShell({ effects: nodeEffects(), openHome, cwd: folder });
  const id = 'r-leaky00000';
  const handle = workflow.start({ runId: id });
  const seen = collect(handle);
  const code = await watchRun(handle, shell, {
    ...{ json: false, progress: 'plain', noColor: true, debug: true, home, after: 0 },
  });
  return {
    'exit status': String(code),
    'events and pieces': await seen,
    result: JSON.stringify(await handle.result),
    'standard output': shell.out.text(),
    'standard error': shell.err.text(),
    questions: JSON.stringify(sent),
    'runs show': await printed(folder, ['runs', 'show', id, '--home', home]),
    'runs show --json': await printed(folder, ['runs', 'show', id, '--json', '--home', home]),
    'runs list': await printed(folder, ['runs', 'list', '--json', '--home', home]),
    'runs export': await printed(folder, ['runs', 'export', id, '--ndjson', '--home', home]),
    ...filesBelow(home),
  };
}

function script(all: string, sent: ModelRequest[]) {
  let turn = 0;
  const program = `print(${JSON.stringify(all)})\nraise Exception(${JSON.stringify(all)})`;
  const steps = [
    { name: 'leaky.tell', args: { say: all, [all]: [all] } },
    { name: 'leaky.tell', args: { fail: 'throw' } },
    { name: 'leaky.tell', args: { fail: 'answer' } },
    { name: 'file.write', args: { path: 'notes.txt', content: 'x', note: all } },
    { name: 'file.read', args: { path: all } },
    { name: all.slice(0, 60), args: {} },
    { name: 'code.execute', args: { language: 'python', code: program } },
  ];
  return (request: ModelRequest) => {
    sent.push(request);
    if (request.headers['x-awp-role'] === 'manager') {
      turn += 1;
      if (turn > 1) return complete(`it was ${all}`, { key: all });
      return delegate({ worker_id: 'teller', instructions: `tell ${all}` });
    }
    const said = request.messages.filter(({ role }) => role === 'tool').length;
    const step = steps[said];
    if (step) return { text: `now ${all}`, toolCalls: [step] };
    return { summary: `found ${all}`, confidence: 1, [`about ${all}`]: all };
  };
}

async function collect(events: AsyncIterable<unknown>): Promise<string> {
  const seen: unknown[] = [];
  for await (const event of events) seen.push(event);
  const pieces = seen.map((event) => (event as { data: { text?: string } }).data.text ?? '');
  return `${JSON.stringify(seen)}\n${pieces.join('')}`;
}

async function printed(cwd: string, words: readonly string[]): Promise<string> {
  const shell = fakeShell({ effects: nodeEffects(), openHome, cwd });
  await runCli(words, shell);
  return `${shell.out.text()}\n${shell.err.text()}`;
}

/** Names and bytes of all files; a byte is a letter, and UTF-8 is read as such besides. */
function filesBelow(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const texts = files.map((path): [string, string] => {
    const bytes = readFileSync(path);
    return [path.slice(folder.length), `${bytes.toString('latin1')}\n${bytes.toString('utf8')}`];
  });
  return { 'names of files': files.join('\n'), ...Object.fromEntries(texts) };
}
