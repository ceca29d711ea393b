import type { JsonObject } from '../../../src/base/json.ts';
import type { DynamicToolsOptions } from '../../../src/data/creation-options.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { calls, order, type Scenario } from '../loop-scenarios/scenario.ts';
import { nearBox } from './near-box.ts';

/** The code of a handler that adds a number. */
export function adds(number = 1): string {
  return `function handler({ a }) {\n  return { ok: true, status: 200, data: { sum: a + ${number} } };\n}`;
}

/** Code that cannot be read. */
export const UNREADABLE = 'function handler({ a }) { return { ok: true,';

/** Code that can be read, and fails when it is tried. */
export const THROWS = `function handler({ a }) {
  if (a !== undefined) throw new Error('it cannot do ' + a);
  return { ok: true, data: {} };
}`;

/** Parameters of a handler that takes one number. */
export const NUMBER: JsonObject = {
  type: 'object',
  properties: { a: { type: 'number' } },
  required: ['a'],
};

/** A draft in JavaScript. */
export function draft(name: string, code = adds(), more: JsonObject = {}): JsonObject {
  const language = 'javascript';
  return { name, description: `what ${name} does`, parameters: NUMBER, code, language, ...more };
}

/** An answer that makes one tool. */
export function creates(name: string, code?: string, more?: JsonObject) {
  return calls(['tools.create', draft(name, code, more)]);
}

/** An answer that runs a program. */
export function runs(code: string) {
  return calls(['code.execute', { language: 'javascript', code }]);
}

/** An order for a worker that may make tools. */
export function maker(id: string, more: JsonObject = {}): JsonObject {
  return order(id, { codemode: { enabled: true, tool_creation: true }, ...more });
}

/** What scenarios have in common whose workers make tools: the real checks, and a box that is near. */
export function making(
  scenario: Scenario,
  dynamicTools: DynamicToolsOptions = { namespaces: ['stats'] },
): Scenario {
  return {
    tools: () => builtinTools,
    box: nearBox,
    ...scenario,
    options: { tools: ['code.execute'], dynamicTools, ...scenario.options },
  };
}
