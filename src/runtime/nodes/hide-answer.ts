import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { textField } from '../../events/text-field.ts';
import { extractJson } from '../agent/extract-json.ts';
import {
  hiddenFields,
  hideNamed,
  hideSensitive,
  hidesAnything,
  isHiddenWhole,
  REDACTED,
} from './hide-fields.ts';

/** What hides the sensitive values of one agent's answers (R14). */
export type HideAnswer = (text: string) => string;

/**
 * Takes sensitive values out of the answers of an agent in a graph, before they are recorded or shown;
 * undefined for an agent that has none. An answer that cannot be read is cut off before the first
 * field that is hidden: where its value ends is not known. Workers of a delegation loop that is a
 * node have the names of its graph.
 */
export function answerHiding(
  { plan, state }: { plan: Plan; state: RunState },
  frame: Frame,
): HideAnswer | undefined {
  const ofGraph = inGraph(state, frame);
  const graph = state.graphs.get(ofGraph?.parent ?? '');
  if (!ofGraph || !graph) return undefined;
  const agent = frame.role === 'node' ? plan.agents?.[frame.agentKey ?? ''] : undefined;
  const { sharing } = graph.plan.state;
  if (!hidesAnything(agent, sharing)) return undefined;
  const from = { node: ofGraph.node?.id ?? '', agent };
  const names = hiddenFields(from, sharing);
  // Of a loop only what it hands out is an output.
  const isOutput = frame.role === 'node';
  const isWhole = isOutput && isHiddenWhole(from, sharing);
  const hideIn = isOutput ? hideSensitive : hideNamed;
  const format = agent?.output.format ?? 'json';
  return (text) => {
    const found = format === 'json' ? extractJson(text) : undefined;
    if (!found && isWhole) return text === '' ? text : REDACTED;
    if (format !== 'json') return hideText(text, names, agent && textField(agent.output));
    if (!found) return cutOff(text, names);
    const hidden = hideIn(from, sharing, found.value);
    return hidden === found.value ? text : JSON.stringify(hidden);
  };
}

/** The frame itself, or the one above it, that a graph started. */
function inGraph(state: RunState, frame: Frame): Frame | undefined {
  let at: Frame | undefined = frame;
  while (at && !state.graphs.has(at.parent ?? '')) at = state.frames.get(at.parent ?? '');
  return at;
}

/** An answer that is one text is the field `result`, and the one that its contract has for it. */
function hideText(text: string, names: ReadonlySet<string>, field = 'result'): string {
  return (names.has('result') || names.has(field)) && text !== '' ? REDACTED : text;
}

function cutOff(text: string, names: ReadonlySet<string>): string {
  const starts = [...names].flatMap((name) => startsOf(text, name));
  return starts.length === 0 ? text : `${text.slice(0, Math.min(...starts))}${REDACTED}`;
}

/** Where a text seems to give a field a value: `"name": `, `name=`. */
function startsOf(text: string, name: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (/^["'`]?\s{0,20}[:=]/.test(text.slice(at + name.length, at + name.length + 24))) {
      starts.push(at);
      break;
    }
  }
  return starts;
}
