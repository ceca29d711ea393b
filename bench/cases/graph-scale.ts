/** CPU for each node of graphs of 10,000 nodes against those of 100. Part: the shape. */
import { ours } from '../graphs/ours.ts';
import { chain, fan, layers, type Shape, Work } from '../graphs/shapes.ts';
import { cpuMs, measured, report } from '../world.ts';

const [kind = 'chain'] = process.argv.slice(2);
const NODES = 10_000;

function shapeOf(count: number): Shape {
  if (kind === 'chain') return chain(count);
  return kind === 'fan' ? fan(count) : layers(count, { wide: 50, seed: 42 });
}

/** As many nodes in all for each size, so that both are as warm. */
async function cpuPerNode(count: number): Promise<number> {
  const shape = shapeOf(count);
  const work = new Work(shape);
  const run = await ours.build(shape, (node, inputs) => work.of(node, inputs));
  const runs = NODES / count;
  return measured(async () => {
    const start = cpuMs();
    for (let turn = 0; turn < runs; turn++) {
      await run();
      work.check();
    }
    return (cpuMs() - start) / (runs * shape.nodes.length);
  });
}

const small = await cpuPerNode(100);
report([
  {
    name: `${shapeOf(NODES).name}, bare nodes`,
    value: await cpuPerNode(NODES),
    unit: 'ms CPU a node',
    floor: { name: 'the same of 100', value: small },
    aim: { timesFloor: 1.25 },
  },
]);
