import { formatDuration } from '../../base/time.ts';
import { isRefusedDraft } from '../../events/refused-draft.ts';
import { code, counted, inline } from './markdown.ts';
import type { NoteWriters } from './note.ts';

/** Notes on processes, models, tools, budgets and people. */
export const runNotes: NoteWriters = {
  'run.resumed': ({ data: { raise = {}, abandoned } }) => {
    const raised = Object.entries(raise).map(([name, limit]) => `${name} ${limit ?? 'unlimited'}`);
    const more = raised.length > 0 ? `, with raised limits: ${inline(raised.join(', '))}` : '';
    const lost =
      abandoned.length > 0 ? `; ${counted(abandoned.length, 'call')} had been cut off` : '';
    return { text: `resumed${more}${lost}` };
  },
  'run.stopped': ({ data }) => ({ text: `stopped: ${inline(data.reason)}`, wrong: true }),
  'run.paused': ({ data }) => ({
    text:
      data.reason === 'approval'
        ? 'paused: it waits for a person'
        : `paused: ${inline(data.reason)}`,
  }),
  'run.reopened': ({ data }) => ({ text: `goes on after it had ended: ${inline(data.reason)}` }),
  'run.forked': ({ data }) => ({
    text: `forked from ${code(data.from)} after its event ${data.seq}${data.note === undefined ? '' : `: ${inline(data.note)}`}`,
  }),
  'model.failed': ({ agent, data }) => {
    const { code: what, message, retryInMs } = data;
    const again = retryInMs === undefined ? '' : `; again in ${formatDuration(retryInMs)}`;
    const text = `a model call failed, ${code(what)}: ${inline(message)}${again}`;
    return { ...about(agent), text, wrong: true };
  },
  'model.switched': ({ agent, data }) => ({
    ...about(agent),
    text: `goes on with ${code(data.to)} in place of ${code(data.from)}, ${code(data.reason)}`,
    wrong: true,
  }),
  'tool.returned': ({ agent, data }) => {
    if (data.ok || isRefusedDraft(data)) return undefined;
    const said = data.error === undefined ? '' : `: ${inline(data.error)}`;
    return {
      ...about(agent),
      text: `${code(data.tool)} failed, ${data.status}${said}`,
      wrong: true,
    };
  },
  'security.denied': ({ agent, data }) => ({
    ...about(agent),
    text: `${code(data.tool)} was refused: ${inline(data.reason)}`,
    wrong: true,
  }),
  'artifact.removed': ({ agent, data }) => ({
    ...about(agent),
    text: `took back ${code(data.path)}`,
  }),
  'output.checked': ({ agent, data }) => {
    const { ok, problems, said, reasons = [], confidence } = data;
    const lowered =
      said === undefined
        ? ''
        : `said confidence ${said}, ${confidence} counts: ${inline(reasons.join('; '))}`;
    const unmet = ok ? '' : `its report was not accepted: ${inline(problems.join('; '))}`;
    const text = [unmet, lowered].filter((one) => one !== '').join('; ');
    if (text === '') return undefined;
    return ok ? { ...about(agent), text } : { ...about(agent), text, wrong: true };
  },
  'agent.failed': ({ agent, data }) => ({
    ...about(agent),
    text: `failed, ${code(data.code)}: ${inline(data.message)}`,
    wrong: true,
  }),
  'budget.exhausted': ({ data }) => ({
    ...about(data.scope),
    text: `the limit on ${data.dimension} refused something: ${data.used} of ${data.limit} are used`,
    wrong: true,
  }),
  'budget.raised': ({ data }) => ({
    ...about(data.scope),
    text: `${code(data.by)} raised ${data.dimension} from ${data.from} to ${data.to ?? 'unlimited'}${data.reason === undefined ? '' : `: ${inline(data.reason)}`}`,
  }),
};

function about(agent: string | undefined): { about?: string } {
  return agent === undefined ? {} : { about: agent };
}
