import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { buildKit } from '../../scripts/kit.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import type { Execution, Sandbox, SandboxFile, SandboxName } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { boxOrReason, describeBox, runIn } from '../contracts/sandbox-contract.ts';
import { JOB, JOB_SAYS, jobProblems } from '../kit/job.ts';
import { JOB_INPUTS } from '../kit/weather.ts';
import { effectsWith, openJailWithoutNamespaces } from './boxes.ts';
import { ANALYSIS, ANALYSIS_SAYS, analysisProblems } from './python-analysis.ts';

// Boxes name the kit when they are opened.
await buildKit();

/** The limits of a run that says nothing of them. */
const POLICY = sandboxPolicy();
/** Room for a machine that has much else to do. */
const TEST_MS = 120_000;
const JOB_ROOM = { policy: POLICY, inputs: JOB_INPUTS, timeoutMs: 60_000 };
/** First it says whether somebody else has imported pandas for it. */
const PYTHON = `print('pandas' in _sys.modules)\n${ANALYSIS}`;

const openers: Readonly<Record<string, () => Promise<Sandbox>>> = {
  bwrap: () => openNamed('bwrap'),
  jail: () => openNamed('jail'),
  'jail without namespaces': openJailWithoutNamespaces,
  deno: () => openNamed('deno'),
  quickjs: () => openNamed('quickjs'),
  none: () => openNamed('none'),
};
const boxes = new Map<string, Sandbox | string>();
for (const [name, open] of Object.entries(openers)) boxes.set(name, await boxOrReason(open));
afterAll(async () => {
  for (const box of boxes.values()) if (typeof box !== 'string') await box.close();
});

async function openNamed(name: SandboxName): Promise<Sandbox> {
  const minimum = name === 'none' ? 'none' : 'boundary';
  return await openSandbox(effectsWith('AWP_SANDBOX', name))({ ...POLICY, minimum });
}

/** The box of that name, or why it does not do what is asked of it. */
function boxFor(name: string, wanted: RegExp): Sandbox | string {
  const box = boxes.get(name) ?? 'it is unknown';
  if (typeof box === 'string') return box;
  const has = box.languages.some(({ description }) => wanted.test(description));
  return has ? box : `it has no ${wanted.source}`;
}

const analyse = (box: Sandbox, more: Partial<Parameters<typeof runIn>[1]> = {}) =>
  runIn(box, { language: 'python', code: PYTHON, ...JOB_ROOM, ...more });

/** Whether the libraries were there before the program. */
const isWarm = ({ stdout }: Execution): boolean => stdout.startsWith('True\n');

function checkAnalysis(done: Execution, { warm }: { warm: boolean }): void {
  expect(done).toMatchObject({ exitCode: 0, stderr: '', notes: [], limits: [] });
  const [imported, said] = done.stdout.split('\n');
  expect(imported).toBe(warm ? 'True' : 'False');
  expect(JSON.parse(said ?? '')).toEqual(ANALYSIS_SAYS);
  expect(analysisProblems(done.files)).toEqual([]);
}

const digests = (files: readonly SandboxFile[]): string[][] =>
  files.map(({ path, bytes }) => [path, createHash('sha256').update(bytes).digest('hex')]);

/** What the first box of a language made; every other makes the same. */
const first = new Map<string, string[][]>();

function checkSame(language: string, files: readonly SandboxFile[]): void {
  const made = digests(files);
  const known = first.get(language) ?? made;
  first.set(language, known);
  expect(made).toEqual(known);
}

describe('an analysis in Python with pandas, scikit-learn and matplotlib', () => {
  describe.each(['bwrap', 'jail', 'jail without namespaces', 'none'])('in %s', (name) => {
    describeBox('fresh', boxFor(name, /pandas.*matplotlib.*scikit-learn/), (box) => {
      it(
        'gives the right figures and a chart, the same as everywhere',
        async () => {
          const done = await analyse(box);
          checkAnalysis(done, { warm: false });
          checkSame('python', done.files);
        },
        TEST_MS,
      );
    });
  });

  describe.each(['bwrap', 'jail'])('in %s', (name) => {
    describeBox('warm', boxFor(name, /pandas.*matplotlib.*scikit-learn/), (box) => {
      it(
        'gives the same from a box that was made ready',
        async () => {
          box.prepare({
            policy: POLICY,
            inputs: JOB_INPUTS,
            shared: undefined,
            language: 'python',
          });
          // While none is ready a program gets a fresh one.
          let done = await analyse(box);
          while (!isWarm(done)) done = await analyse(box);
          checkAnalysis(done, { warm: true });
          checkSame('python', done.files);
        },
        TEST_MS,
      );

      it(
        'gives the same in a box that the programs of a worker share',
        async () => {
          const shared = {
            policy: { ...POLICY, session: 'persistent' },
            session: `${name}-analyst`,
          } as const;
          const before = await analyse(box, { ...shared, code: 'model = days = 1' });
          expect(before).toMatchObject({ exitCode: 0, stderr: '' });
          const done = await analyse(box, shared);
          checkAnalysis(done, { warm: true });
          checkSame('python', done.files);
          await box.endSession(shared.session);
        },
        TEST_MS,
      );
    });
  });
});

describe('an analysis in JavaScript with the data kit', () => {
  it.each(Object.keys(openers))('is what the languages of %s offer', (name) => {
    const box = boxes.get(name) ?? '';
    if (typeof box === 'string') return;
    const scripts = box.languages.filter(({ language }) => !['python', 'shell'].includes(language));
    expect(scripts.map(({ language }) => language)).toEqual(['javascript', 'typescript']);
    for (const { description } of scripts) expect(description).toMatch(/regress.*arquero \d/);
  });

  describe.each(Object.keys(openers))('in %s', (name) => {
    describeBox('box', boxFor(name, /from 'kit'/), (box) => {
      it(
        'gives the right figures and charts',
        async () => {
          // An engine without a compiler of its own needs no more than this; the others start larger.
          const policy = { ...POLICY, memoryMb: name === 'quickjs' ? 128 : POLICY.memoryMb };
          const job = { language: 'javascript', code: JOB, ...JOB_ROOM, policy } as const;
          const done = await runIn(box, job);
          expect(done).toMatchObject({ exitCode: 0, stderr: '', notes: [], limits: [] });
          expect(JSON.parse(done.stdout)).toEqual(JOB_SAYS);
          expect(jobProblems(done.files)).toEqual([]);
          // Figures may differ in their last digit: engines have their own logarithms.
          checkSame(
            'javascript',
            done.files.filter(({ path }) => path !== 'figures.json'),
          );
        },
        TEST_MS,
      );
    });
  });
});
