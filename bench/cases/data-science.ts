/**
 * The same analysis of a table - groups, a regression, a chart, files back - in Python with pandas
 * and in JavaScript with the data kit, in every box of this machine that has it.
 */
import { buildKit } from '../../scripts/kit.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { Sandbox, SandboxName } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { JOB, jobProblems } from '../../test/kit/job.ts';
import { JOB_INPUTS } from '../../test/kit/weather.ts';
import { ANALYSIS, analysisProblems } from '../../test/sandboxes/python-analysis.ts';
import { type Figure, median } from '../table.ts';
import { report } from '../world.ts';

const TURNS = 5;
const policy = { ...sandboxPolicy(), minimum: 'none' } as const;

/** Boxes that are measured; the last has no boundary and is what the others are read against. */
const BOXES: readonly SandboxName[] = ['bwrap', 'jail', 'deno', 'quickjs', 'none'];

const PROGRAMS = {
  python: { code: ANALYSIS, problems: analysisProblems },
  javascript: { code: JOB, problems: jobProblems },
} as const;
type Measured = keyof typeof PROGRAMS;

async function open(name: SandboxName): Promise<Sandbox | undefined> {
  const effects = nodeEffects();
  const get = (asked: string) => (asked === 'AWP_SANDBOX' ? name : effects.secrets.get(asked));
  const only: Effects = { ...effects, secrets: { get } };
  return await openSandbox(only)(policy).catch(() => undefined);
}

async function run(box: Sandbox, language: Measured): Promise<number> {
  const { code, problems } = PROGRAMS[language];
  const folders = { inputs: JOB_INPUTS, shared: undefined, output: [] };
  const job = { language, code, timeoutMs: 60_000, policy, ...folders };
  const done = await box.run(job, new AbortController().signal);
  const wrong = done.exitCode === 0 ? problems(done.files) : [done.stderr];
  if (wrong.length > 0) throw new Error(`${language} in ${box.name}: ${wrong.join('; ')}`);
  return done.ms;
}

/** In turns, so that a loud moment hits all boxes. */
async function timesOf(
  boxes: readonly Sandbox[],
  language: Measured,
): Promise<Map<string, number>> {
  const times = new Map(boxes.map(({ name }) => [name, [] as number[]]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const box of boxes) times.get(box.name)?.push(await run(box, language));
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

async function figuresOf(language: Measured, boxes: readonly Sandbox[]): Promise<Figure[]> {
  const able = boxes.filter(({ languages }) =>
    languages.some((one) => one.language === language && /pandas|kit/.test(one.description)),
  );
  const times = await timesOf(able, language);
  const floor = { name: 'without a box', value: times.get('none') ?? Number.NaN };
  const title = language === 'python' ? 'Python with pandas' : 'JavaScript with the data kit';
  return [...times]
    .filter(([name]) => name !== 'none')
    .map(([name, value]) => ({
      name: `analysis with a chart, ${title}, ${name}`,
      ...{ value, unit: 'ms wall', floor },
    }));
}

await buildKit();
const opened = await Promise.all(BOXES.map(open));
const boxes = opened.filter((box) => box !== undefined);
const figures = [...(await figuresOf('python', boxes)), ...(await figuresOf('javascript', boxes))];
await Promise.all(boxes.map((box) => box.close()));
report(figures);
