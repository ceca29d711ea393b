import { nodeEffects } from './effects/index.ts';
import type { Effects } from './ports/effects.ts';
import type { OpenSandbox } from './ports/sandbox.ts';
import type { Tool } from './ports/tool.ts';
import { demoProvider } from './providers/demo/index.ts';
import type { ModelFactory } from './providers/resolve.ts';
import { openSandbox } from './sandboxes/choose.ts';
import { builtinTools } from './tools/index.ts';

/** Everything that ships and can be named by a user: the page to read for «what is there». */

/** Models that need no service, by the name that stands for them. */
export const builtinModels: ReadonlyMap<string, ModelFactory> = new Map([
  [
    'demo',
    () => ({
      provider: demoProvider(),
      model: 'demo',
      price: { input: 0, output: 0 },
      simulated: true,
    }),
  ],
]);

/** Tools that workers can be given, by name. */
export const tools: ReadonlyMap<string, Tool> = new Map(
  builtinTools.map((tool) => [tool.name, tool]),
);

const opened = new Map<string, OpenSandbox>();

/**
 * Boxes for code, strongest first, as this machine has them. They are probed and tried once in a
 * process, so that a second run does not wait for it.
 */
export function sandboxes(effects: Effects): OpenSandbox {
  const forced = effects.secrets.get('AWP_SANDBOX') ?? '';
  const known = opened.get(forced) ?? openSandbox({ ...nodeEffects(), secrets: effects.secrets });
  opened.set(forced, known);
  return known;
}
