/** A process that runs the code of an agent for ever: `node agent-host-parent.ts MODULE CONFIG`. */
import { agentModules } from '../../src/data/agent-modules.ts';
import { nodeEffects } from '../../src/effects/index.ts';

const [module = '', config = ''] = process.argv.slice(2);
const effects = nodeEffects();
const get = (name: string): string | undefined =>
  name === 'AWP_CONFIG_HOME' ? config : effects.secrets.get(name);
const runner = agentModules({ ...effects, secrets: { get } }, true);
const { signal } = new AbortController();
await runner.open?.([module], signal);
await runner.run({
  ...{ agent: 'x', module, node: 'x', attempt: 1, task: '', input: {}, tools: [], signal },
  log: (text) => process.stdout.write(`${text}\n`),
  ask: () => new Promise(() => {}),
  callTool: () => new Promise(() => {}),
});
