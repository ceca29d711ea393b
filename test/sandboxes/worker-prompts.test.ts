import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildKit } from '../../scripts/kit.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { surveyPythons } from '../../src/sandboxes/interpreters.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { builtinTools } from '../../src/tools/index.ts';
import { boxOrReason, describeBox } from '../contracts/sandbox-contract.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';
import { effectsWith } from './boxes.ts';

// Boxes name the kit when they are opened.
await buildKit();
const folder = temporaryFolder();
chmodSync(folder.path, 0o755);
afterAll(() => folder[Symbol.dispose]());

/** An environment of the machine's best Python, with nothing installed in it. */
async function emptyEnvironment(): Promise<string> {
  const [best] = await surveyPythons(nodeEffects());
  if (!best) throw new Error('there is no Python');
  const name = join(folder.path, 'environment/bin/python3');
  mkdirSync(dirname(name), { recursive: true });
  symlinkSync(best.path, name);
  const home = `home = ${dirname(best.path)}\ninclude-system-site-packages = false\n`;
  writeFileSync(join(folder.path, 'environment/pyvenv.cfg'), home);
  return name;
}

function withoutPython(): Effects {
  const effects = nodeEffects();
  const realPath: Effects['files']['realPath'] = async (path) => {
    if (/\/python3?$/.test(path)) throw new Error('not here');
    return await effects.files.realPath(path);
  };
  return { ...effects, files: { ...effects.files, realPath } };
}

interface Machine {
  effects(): Promise<Effects>;
  /** The lines of the prompt about languages, in order. */
  languages: readonly RegExp[];
  /** What the prompt says of programs, and what it does not. */
  says: RegExp;
  never?: RegExp;
  /** Runs in the language that is named as the default. */
  program: string;
}

const KIT = /with the data kit: import \{ readCsv, .* \} from 'kit'.*arquero \d/;
const onKit = (language: string): RegExp => new RegExp(`^- ${language}: .*${KIT.source}`);
/** The kit is the same for both languages, so it is told once. */
const AS_BEFORE = /^- typescript: TypeScript .*; types are stripped, .*; the rest as javascript$/;
const WITH_KIT = "import { toCsv } from 'kit'; console.log(toCsv([{ it: 'ran' }]));";

const MACHINES: Readonly<Record<string, Machine>> = {
  'with pandas': {
    effects: async () => nodeEffects(),
    languages: [
      /^- python \(default\): Python 3\.\d+\.\d+ with pandas \d.*matplotlib \d.*scikit-learn \d/,
      onKit('javascript'),
      AS_BEFORE,
    ],
    says: /Python has json, pathlib, re, math and datetime imported/,
    program: "import pandas as pd; print(pd.DataFrame([{'it': 'ran'}]).to_csv(index=False))",
  },
  'whose Python has no pandas': {
    effects: async () => effectsWith('AWP_PYTHON', await emptyEnvironment()),
    languages: [
      onKit('javascript \\(default\\)'),
      AS_BEFORE,
      /^- python: Python 3\.\d+\.\d+ with the standard library only$/,
    ],
    says: /Python has json, pathlib, re, math and datetime imported/,
    program: WITH_KIT,
  },
  'without a Python': {
    effects: async () => withoutPython(),
    languages: [onKit('javascript \\(default\\)'), AS_BEFORE],
    says: /Programs have _input_file\(name\)/,
    never: /[Pp]ython|pandas/,
    program: WITH_KIT,
  },
  'with nothing but Node': {
    effects: async () => effectsWith('AWP_SANDBOX', 'quickjs'),
    languages: [
      new RegExp(
        `^- javascript \\(default\\): JavaScript on QuickJS inside of Node .*${KIT.source}`,
      ),
      AS_BEFORE,
    ],
    says: /Programs have _input_file\(name\)/,
    never: /[Pp]ython|pandas/,
    program: WITH_KIT,
  },
};

const systemOf = ({ messages }: ModelRequest): string =>
  messages.flatMap((message) => (message.role === 'system' ? [message.text] : [])).join('\n');

/** The lines about languages in the section about the box. */
function languageLines(prompt: string): string[] {
  const [, section = ''] = prompt.split('## Sandbox\n');
  const [own = ''] = section.split('\n\n## ');
  return own.split('\n').filter((line) => line.startsWith('- '));
}

/** A run whose worker runs one program and names no language. */
async function runOf(
  box: Sandbox,
  code: string,
): Promise<{ prompts: ReadonlyMap<string, string>; events: RunEvent[] }> {
  using place = temporaryFolder();
  const prompts = new Map<string, string>();
  const store = memoryStore({ folder: place.path });
  mkdirSync(join(store.folder('r-test'), 'inputs'), { recursive: true });
  const script = (request: ModelRequest) => {
    const role = request.headers['x-awp-role'] ?? '';
    prompts.set(role, systemOf(request));
    if (role === 'manager') {
      const seen = JSON.stringify(request.messages).includes('Results of turn');
      return seen ? complete() : delegate('analyst');
    }
    if (request.messages.at(-1)?.role === 'tool') return { summary: 'fine', confidence: 1 };
    return { toolCalls: [{ name: 'code.execute', args: { code } }] };
  };
  const host = testHost(place.path, { script, store, sandbox: box, tools: builtinTools });
  const run = await startTestRun(host, testPlan());
  await run.done;
  return { prompts, events: await logOf(store) };
}

for (const [name, machine] of Object.entries(MACHINES)) {
  const open = async () => openSandbox(await machine.effects())(sandboxPolicy());
  const box = await boxOrReason(open);
  describe(`what agents are told on a machine ${name}`, () => {
    describeBox('box', box, (opened) => {
      it('names what fits best as the default, which is what runs', async () => {
        const { prompts, events } = await runOf(opened, machine.program);
        const told = prompts.get('worker') ?? '';
        const lines = languageLines(told);
        expect(lines).toEqual(machine.languages.map((one) => expect.stringMatching(one)));
        // The manager is told which there are, and leaves to its workers how they are used.
        const brief = languageLines(prompts.get('manager') ?? '');
        expect(brief).toEqual(lines.map((line) => line.split('; ')[0]));
        expect(told).toMatch(machine.says);
        if (machine.never) expect(told).not.toMatch(machine.never);
        const [returned] = only(events, 'tool.returned');
        expect(returned?.data.error).toBeUndefined();
        expect(Object(returned?.data.data).stdout.trim().split(/\s+/)).toEqual(['it', 'ran']);
      }, 60_000);
    });
  });
}
