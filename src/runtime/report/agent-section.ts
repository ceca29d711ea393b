import type { JsonObject } from '../../base/json.ts';
import { ownMs } from '../../events/active-time.ts';
import { resultOf } from '../../events/loop-results.ts';
import type { Frame } from '../../events/state.ts';
import { keyText } from '../board/key-fact.ts';
import { usageLine } from './figures.ts';
import type { ReportLook } from './look.ts';
import { code, codes, counted, fenced, heading, inline, quote } from './markdown.ts';

/** Characters of an agent's instructions and of what it reported. */
const INSTRUCTION_CHARS = 400;
const REPORT_CHARS = 1500;
/** Files of one agent that are named. */
const MOST_FILES = 20;

/** A worker, or an agent of a node: what it was to do, had, used and brought. */
export function agentSection(look: ReportLook, frame: Frame, level: number): string {
  const { state, chronicle } = look;
  const { model, instructions, usage, taint } = frame;
  const counted = countedOf(look, frame);
  const files = filesOf(look, frame, counted);
  const problems = frame.outcome?.problems ?? [];
  const lines = [
    ...(instructions === '' ? [] : [`- Instructions: ${inline(instructions, INSTRUCTION_CHARS)}`]),
    ...(model === '' ? [] : [`- Model: ${code(model)}`]),
    ...toolLines(frame),
    ...(usage.calls + usage.tools > 0
      ? [`- Used: ${usageLine(usage, ownMs(frame, state.activeMs))}`]
      : []),
    ...(problems.length > 0 ? [`- Problems: ${inline(problems.join('; '), 600)}`] : []),
    ...(taint?.has('untrusted')
      ? [`- Its context held untrusted text${taint.has('private') ? ' beside private data' : ''}`]
      : []),
    ...(files.length > 0 ? [`- Files: ${codes(files, MOST_FILES)}`] : []),
    ...(chronicle.notes.get(frame.id)?.list() ?? []),
  ];
  const report = reportText(counted.outcome?.output ?? {});
  return [
    heading(level, `${look.title(frame)}: ${statusOf(counted)}`),
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(report === undefined ? [] : [report]),
  ].join('\n\n');
}

/** How an agent ended, in a few words. */
export function statusOf({ outcome, phase }: Frame): string {
  if (!outcome) return phase === 'closed' ? 'ended' : 'at work';
  const { ok, confidence, status, reason } = outcome;
  if (!ok) return 'failed';
  const cut =
    status === 'partial' ? `partial${reason === undefined ? '' : ` (${reason})`}` : 'done';
  return `${cut}, confidence ${Math.round(confidence * 1000) / 1000}`;
}

/** The agent whose result counts: itself, or the one that repaired it. */
function countedOf({ state }: ReportLook, frame: Frame): Frame {
  const manager = state.frames.get(frame.parent ?? '');
  return (manager && resultOf(state, manager, frame.id)) ?? frame;
}

function filesOf(look: ReportLook, frame: Frame, counted: Frame): string[] {
  const ids = new Set([frame.id, counted.id]);
  return [...ids].flatMap((id) => look.filesOf(id)).sort();
}

function toolLines({ tools, returned }: Frame): string[] {
  const called = [...(returned ?? [])].map(([name, { ok, failed }]) => {
    const bad = failed > 0 ? ` (${failed} failed)` : '';
    return `${code(name)} ${counted(ok + failed, 'time')}${bad}`;
  });
  if (tools.length === 0 && called.length === 0) return [];
  const used = called.length > 0 ? `; called ${called.join(', ')}` : '; called none';
  return [`- Tools: ${codes(tools)}${used}`];
}

/** What an agent said came out: its words where one field has them, else all of it. */
function reportText(output: JsonObject): string | undefined {
  const fields = Object.keys(output).filter((key) => key !== 'confidence');
  if (fields.length === 0) return undefined;
  const words = keyText(output);
  if (words !== undefined && fields.length === 1) return quote(words, REPORT_CHARS);
  return fenced(JSON.stringify(output, undefined, 2), REPORT_CHARS, 'json');
}
