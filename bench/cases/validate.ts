/**
 * `awp validate` of ten agents as a process, against bare Node; graphs of 1,000 and 10,000 nodes in
 * one process, against each other; the worst of what a megabyte can hold.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST } from '../built.ts';
import { median } from '../table.ts';
import { folder, report } from '../world.ts';

const STARTS = 11;
const MEGABYTE = 1024 * 1024;

const { validateTexts } = (await import(
  `${DIST}/browser.js`
)) as typeof import('../../src/browser.ts');

function agentText(id: string): string {
  return `awp_agent: "1.0.0"
identity: { id: ${id}, role: Writer, description: Writes. }
model: { name: demo }
prompt: { system: You write. }
output:
  format: json
  contract:
    text: { type: string }
    confidence: { type: number }
`;
}

function manifest(nodes: string): string {
  return `awp: "1.0.0"\nworkflow: { name: bench, version: 1.0.0, description: Bench. }\norchestration:\n  graph:\n${nodes}`;
}

/** A chain in which every node has a condition on the one before it. */
function chain(count: number, agent: (index: number) => string): string {
  const nodes = Array.from({ length: count }, (_, index) => {
    const more = index > 0 ? `, depends_on: [n${index - 1}], when: state.n${index - 1}.ok` : '';
    return `    - { id: n${index}, agent: ${agent(index)}${more} }\n`;
  });
  return manifest(nodes.join(''));
}

function processMs(args: readonly string[]): number {
  const once = (): number => {
    const before = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return performance.now() - before;
  };
  once();
  return median(Array.from({ length: STARTS }, once));
}

async function checkMs(texts: Readonly<Record<string, string>>): Promise<number> {
  const before = performance.now();
  await validateTexts(texts, { name: 'bench' });
  return performance.now() - before;
}

async function graphMs(count: number): Promise<number> {
  const texts = {
    'workflow.awp.yaml': chain(count, () => 'w0'),
    'agents/w0/agent.awp.yaml': agentText('w0'),
  };
  await checkMs(texts);
  return median([await checkMs(texts), await checkMs(texts), await checkMs(texts)]);
}

/** Texts of about a megabyte that are as hard as the limits allow. */
const HARD: readonly (readonly [string, string])[] = [
  ['brackets', '['.repeat(MEGABYTE - 10)],
  [
    'keys',
    Array.from({ length: 90_000 }, (_, index) => `k${index}: 1\n`)
      .join('')
      .slice(0, MEGABYTE),
  ],
  [
    'unknown keys near known ones',
    `workflow:\n${Array.from({ length: 60_000 }, (_, index) => `  nam${index}: 1\n`).join('')}`.slice(
      0,
      MEGABYTE,
    ),
  ],
  [
    'dependencies on nobody',
    chain(9000, () => 'w0').replaceAll('depends_on: [n', 'depends_on: [m'),
  ],
  ['a long text', manifest(`    - { id: a, agent: "${'x'.repeat(MEGABYTE - 300)}" }\n`)],
  ['errors', ': ]\n'.repeat(250_000)],
  ['dashes', '- '.repeat(MEGABYTE / 2 - 10)],
  ['aliases', `a: &a [${'x,'.repeat(200)}]\nb: [${'*a,'.repeat(300_000)}]\n`.slice(0, MEGABYTE)],
];

using place = folder();
for (let index = 0; index < 10; index++) {
  const agent = join(place.path, `agents/w${index}`);
  mkdirSync(agent, { recursive: true });
  writeFileSync(join(agent, 'agent.awp.yaml'), agentText(`w${index}`));
}
writeFileSync(
  join(place.path, 'workflow.awp.yaml'),
  chain(10, (index) => `w${index}`),
);

const bare = processMs(['-e', '0']);
const ten = processMs([`${DIST}/cli/main.js`, 'validate', place.path]);
const thousand = await graphMs(1000);
const tenThousand = await graphMs(10_000);
const hard: { name: string; ms: number }[] = [];
for (const [name, text] of HARD)
  hard.push({ name, ms: await checkMs({ 'workflow.awp.yaml': text }) });
const worst = hard.reduce((one, other) => (other.ms > one.ms ? other : one));
report([
  {
    name: 'awp validate, ten agents, wall',
    value: ten,
    unit: 'ms',
    floor: { name: 'bare Node', value: bare },
    aim: { atMost: 250 },
  },
  {
    name: 'validating a graph of 10,000 nodes',
    value: tenThousand,
    unit: 'ms',
    floor: { name: 'ten times a graph of 1,000', value: thousand * 10 },
    aim: { atMost: 2000 },
  },
  {
    name: 'the worst megabyte of YAML',
    value: worst.ms,
    unit: 'ms',
    aim: { atMost: 5000 },
  },
]);
process.stderr.write(`${hard.map(({ name, ms }) => `${name} ${Math.round(ms)} ms`).join(', ')}\n`);
