import { nodeEffects } from './effects/index.ts';
import type { Effects } from './ports/effects.ts';
import type { OpenSandbox } from './ports/sandbox.ts';
import type { Tool } from './ports/tool.ts';
import { demoProvider } from './providers/demo/index.ts';
import type { ModelFactory } from './providers/resolve.ts';
import { type ModelRoute, surveyRoutes } from './providers/survey.ts';
import { openSandbox } from './sandboxes/choose.ts';
import { toolsmith } from './tools/created/index.ts';
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

/** The ways to models of this machine, and what each lacks. */
export function surveyModels(effects: Effects): Promise<readonly ModelRoute[]> {
  return surveyRoutes(effects, builtinModels);
}

/** Tools that workers can be given, by name. */
export const tools: ReadonlyMap<string, Tool> = new Map(
  builtinTools.map((tool) => [tool.name, tool]),
);

export { toolsmith };

const opened = new Map<string, OpenSandbox>();

/**
 * Boxes for code, strongest first, as this machine has them. They are probed and tried once in a
 * process, so that a second run does not wait for it.
 */
export function sandboxes(effects: Effects): OpenSandbox {
  // What is named by the user decides about the boxes; a box is proven once for each wish.
  const forced = ['AWP_SANDBOX', 'AWP_PYTHON', 'AWP_POOL']
    .map((name) => effects.secrets.get(name) ?? '')
    .join('\n');
  const known = opened.get(forced) ?? openSandbox({ ...nodeEffects(), secrets: effects.secrets });
  opened.set(forced, known);
  return known;
}
