/**
 * A graph whose nodes await a model in the same process: CPU and wall for each node, or how much
 * longer a skewed graph takes than its longest way. Parts: the graph, and the engine that runs it:
 * ours, plain promises, or a package of others that was installed for it (docs/benchmarks.md).
 */
import { ENGINES, type Kind, SHAPES } from '../graphs/engines.ts';
import { criticalPath, Work } from '../graphs/shapes.ts';
import { type Figure, median } from '../table.ts';
import { collect, cpuMs, report } from '../world.ts';

const ROUNDS = 5;
const [kind = 'chain', name = 'AgentGraph'] = process.argv.slice(2);
const entry = ENGINES.find((one) => one.name === name);
if (!entry || !isKind(kind)) throw new Error(`there is no ${kind} of ${name}`);

/** What others needed on a quiet machine of the same class, November 2026. */
const RECORDED: Record<Kind, string> = {
  chain: 'ADK 0.117, Mastra 0.341, LangGraph 0.917',
  fan: 'Mastra foreach 0.070, VoltAgent 0.085, ADK 0.330, LangGraph 1.039',
  layers: 'Mastra 0.178, VoltAgent 0.180, ADK 0.429, LangGraph 0.604',
  skew: 'ADK 1,345 of 1,321 (1.02x), LangGraph and Mastra 1.45x to 1.47x',
};

function isKind(text: string): text is Kind {
  return text in SHAPES;
}

interface Spent {
  /** Milliseconds. */
  cpu: number;
  wall: number;
}

const shape = SHAPES[kind]();
const count = shape.nodes.length;

/** Medians of five rounds after one; garbage is collected before each. */
async function spentBy(
  load: () => Promise<{ run(): Promise<unknown>; check(): void }>,
): Promise<Spent> {
  const { run, check } = await load();
  const all: Spent[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    collect();
    const [cpu, wall] = [cpuMs(), performance.now()];
    await run();
    all.push({ cpu: cpuMs() - cpu, wall: performance.now() - wall });
    check();
  }
  const measured = all.slice(1);
  return {
    cpu: median(measured.map(({ cpu }) => cpu)),
    wall: median(measured.map(({ wall }) => wall)),
  };
}

async function spentOn(engine: (typeof ENGINES)[number]): Promise<Spent> {
  return spentBy(async () => {
    const work = new Work(shape);
    const { build } = await engine.load();
    const run = await build(shape, (node, inputs) => work.of(node, inputs));
    return { run, check: () => work.check() };
  });
}

const spent = await spentOn(entry);
const [promises] = ENGINES;
const floor = promises && name !== promises.name ? await spentOn(promises) : undefined;
const isOurs = name.startsWith('AgentGraph');
const more: Partial<Figure> = {
  ...(entry.peer !== undefined && { rival: kind }),
  ...(isOurs && { recorded: RECORDED[kind] }),
};
const title = `${shape.name}, ${name}`;
if (kind === 'skew') {
  const longest = { name: 'longest way', value: criticalPath(shape) };
  const aim: Partial<Figure> = isOurs ? { aim: { timesFloor: 1.03 } } : {};
  report([{ name: title, value: spent.wall, unit: 'ms wall', floor: longest, ...more, ...aim }]);
} else {
  report([
    {
      ...{ name: title, value: spent.cpu / count, unit: 'ms CPU a node' },
      ...(floor && { floor: { name: 'plain promises', value: floor.cpu / count } }),
      ...more,
      ...(isOurs && { aim: { belowRivals: kind } }),
    },
    {
      ...{ name: `${title}, wall`, value: spent.wall / count, unit: 'ms a node' },
      ...(floor && { floor: { name: 'plain promises', value: floor.wall / count } }),
    },
  ]);
}
// Some packages leave timers and sockets behind that would keep the process.
process.exit();
