import { formatDuration } from '../../base/time.ts';
import { code, inline } from './markdown.ts';
import type { Note, NoteWriters } from './note.ts';

/** Notes on nodes of graphs. */
export const graphNotes: NoteWriters = {
  'node.failed': ({ agent, data: { node, instance, code: what, message, action } }) => ({
    ...of(
      agent,
      node,
      `${instanceWords(instance)}failed, ${code(what)}: ${inline(message)}; ${action}`,
    ),
    wrong: true,
  }),
  'node.retried': ({ agent, data: { node, instance, attempt, inMs, code: what, message } }) => {
    const when = inMs > 0 ? ` in ${formatDuration(inMs)}` : '';
    const text = `${instanceWords(instance)}attempt ${attempt}${when} after ${code(what)}: ${inline(message)}`;
    return { ...of(agent, node, text), wrong: true };
  },
  'node.degraded': ({
    agent,
    data: { node, instance, fallback, agent: other, ageMs, code: what },
  }) => {
    const instead = {
      agent: `the agent ${code(other ?? '')}`,
      cached_results:
        ageMs === undefined
          ? 'a kept result, of which there is none'
          : `a result of ${formatDuration(ageMs)} ago`,
      skip: 'nothing',
    }[fallback];
    return {
      ...of(agent, node, `${instanceWords(instance)}goes on with ${instead} after ${code(what)}`),
      wrong: true,
    };
  },
  'expression.failed': ({ agent, data: { node, at, expression, message } }) => ({
    ...of(
      agent,
      node,
      `${code(at)} could not be worked out, ${code(expression)}: ${inline(message)}`,
    ),
    wrong: true,
  }),
  'loop.repeated': ({ agent, data: { node, round, goesOn, reason } }) =>
    of(
      agent,
      node,
      `round ${round} ended; ${goesOn ? 'another one follows' : `the last one (${reason ?? 'condition'})`}`,
    ),
  'fanout.finished': ({ agent, data: { node, count, failed, full } }) =>
    of(
      agent,
      node,
      `${count} instances ended, ${failed} failed${full === undefined ? '' : `: ${inline(full)}`}`,
    ),
  'state.refused': ({ agent, data: { node, key, reason } }) => ({
    ...of(agent, node, `the state took no ${code(key)}: ${inline(reason)}`),
    wrong: true,
  }),
  'output.scored': ({ data: { target, hook, score, verdict } }) => ({
    about: target,
    text: `scored (${hook}): ${score ?? 'none'}, ${verdict}`,
  }),
};

function instanceWords(instance: number | undefined): string {
  return instance === undefined ? '' : `instance ${instance + 1} `;
}

function of(graph: string | undefined, node: string, text: string): Note {
  return { about: `${graph ?? '0'}/${node}`, text };
}
