import { AwpError } from '../base/errors.ts';
import { isObject } from '../base/json.ts';
import type { Tool } from '../ports/tool.ts';
import { type ToolDefinition, type ToolInput, tool } from './tool.ts';

/** A function as a tool: its name becomes `own.<name>`, in snake_case. */
export type ToolFunction = (args: never, context: never) => unknown;

/** A tool as a plain object (surfaces 1.6): the description is its name when left out. */
export type ToolObject = Omit<ToolDefinition<ToolInput>, 'description'> & { description?: string };

/** What the option `tools` takes for a tool of one's own. */
export type OwnTool = Tool | ToolObject | ToolFunction | readonly OwnTool[];

/**
 * Tools of one's own, from what `tool()` gives, plain objects `{name, handler}`, named functions,
 * and lists of these (surfaces 1.6). They run in this process. Throws `usage/bad-option` for
 * anything else, and for two tools of one name.
 */
export function toTools(given: readonly unknown[]): Tool[] {
  const tools = given.flat(8).map(toTool);
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name)) throw bad(`there are two tools ${name}`, 'give one of them another name');
    names.add(name);
  }
  return tools;
}

function toTool(given: unknown): Tool {
  if (typeof given === 'function') return ofFunction(given as ToolFunction & { name: string });
  if (isTool(given)) return given;
  if (isObject(given)) return ofObject(given as unknown as ToolObject);
  const what = given === null ? 'null' : typeof given;
  throw bad(`${what} is no tool`, 'what tool() gives, {name, handler}, or a named function');
}

/** Whether something is what `tool()` gives. */
export function isTool(given: unknown): given is Tool {
  return isObject(given) && ['run', 'name', 'parameters'].every((field) => field in given);
}

/** Without a schema all arguments are taken: only its author knows which they are. */
function ofObject(given: ToolObject): Tool {
  const { description = String(given.name), input, parameters } = given;
  const open = input === undefined && parameters === undefined;
  return tool({ ...given, description, ...(open && { parameters: { type: 'object' } }) });
}

function ofFunction(action: ToolFunction & { name: string }): Tool {
  const name = action.name
    .replace(/^bound /, '')
    .replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase();
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw bad(`a function called ${JSON.stringify(action.name)} has no name for a tool`, {
      hint: 'use tool({ name, description, execute })',
    });
  }
  return ofObject({
    name: `own.${name}`,
    description: `Calls ${action.name}.`,
    execute: action as never,
  });
}

function bad(message: string, hint: string | { hint: string }): AwpError {
  return new AwpError('usage/bad-option', message, typeof hint === 'string' ? { hint } : hint);
}
