import { isObject } from '../../base/json.ts';
import type { BoxTools } from '../../ports/sandbox.ts';
import type { Tool } from '../../ports/tool.ts';
import { CREATES_TOOLS } from '../creation/names.ts';

/** As the protocol has it, whatever else the schema of the tool has (spec, capabilities 3). */
const CREATE = ['name', 'description', 'parameters', 'code', 'meta'];

/** The tools of a program, with the order of their arguments: that of the properties of their schemas. */
export function withOrders(
  inside: BoxTools | undefined,
  tools: ReadonlyMap<string, Pick<Tool, 'parameters'>>,
): BoxTools | undefined {
  if (!inside) return undefined;
  const orders = new Map(
    inside.names.flatMap((name) => {
      const properties = tools.get(name)?.parameters.properties;
      if (name === CREATES_TOOLS) return [[name, CREATE] as const];
      return isObject(properties) ? [[name, Object.keys(properties)] as const] : [];
    }),
  );
  return { ...inside, orders };
}
