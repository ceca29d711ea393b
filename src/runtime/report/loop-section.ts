import type { LoopState } from '../../events/loop-state.ts';
import type { Frame } from '../../events/state.ts';
import { agentSection, statusOf } from './agent-section.ts';
import type { ReportLook } from './look.ts';
import { code, count, fenced, heading, inline, quote, table } from './markdown.ts';
import type { Chapter } from './note.ts';

/** Characters of a manager's reasoning. */
const REASONING_CHARS = 2000;
/** Agents of one turn that are told in full; decisions of one manager. */
const MOST_AGENTS = 100;
const MOST_CHAPTERS = 1000;
/** Entries of a board and parts of a plan that are listed. */
const MOST_ENTRIES = 50;
const ENTRY_CHARS = 300;

/** What a manager decided and what its workers brought, turn by turn; sub-managers stand in their turn. */
export function loopSection(look: ReportLook, frame: Frame, level: number): string[] {
  const { delegation } = frame;
  const chapters = look.chronicle.chapters.get(frame.id) ?? [];
  const left = chapters.length - MOST_CHAPTERS;
  const before = look.chronicle.notes.get(frame.id)?.list() ?? [];
  return [
    ...(before.length > 0 ? [before.join('\n')] : []),
    ...chapters
      .slice(0, MOST_CHAPTERS)
      .flatMap((chapter) => chapterSection(look, { frame, chapter }, level)),
    ...(left > 0 ? [`${count(left)} more decisions.`] : []),
    ...(delegation ? loopTables(delegation, level) : []),
  ];
}

function chapterSection(
  look: ReportLook,
  { frame, chapter }: { frame: Frame; chapter: Chapter },
  level: number,
): string[] {
  const { title, reasoning, turn, lines, budget } = chapter;
  const { workers = [] } = frame.turns.find(({ number }) => number === turn) ?? {};
  const notes = lines.list();
  return [
    heading(level, inline(title)),
    ...(reasoning.trim() === '' ? [] : [quote(reasoning, REASONING_CHARS)]),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    ...agentSections(look, workers, level + 1),
    ...(budget === undefined ? [] : [`Used when the turn had ended: ${budget}.`]),
  ];
}

function agentSections(look: ReportLook, ids: readonly string[], level: number): string[] {
  const left = ids.length - MOST_AGENTS;
  return [
    ...ids.slice(0, MOST_AGENTS).flatMap((id) => {
      const frame = look.state.frames.get(id);
      if (!frame) return [];
      return frame.role === 'manager'
        ? nested(look, frame, level)
        : [agentSection(look, frame, level)];
    }),
    ...(left > 0 ? [`${count(left)} more agents.`] : []),
  ];
}

/** A manager below another agent: what it was asked for, then its own turns. */
export function nested(look: ReportLook, frame: Frame, level: number): string[] {
  const output = frame.outcome?.output ?? {};
  return [
    heading(level, `${look.title(frame)}, a manager of its own: ${statusOf(frame)}`),
    ...(frame.instructions === '' ? [] : [quote(frame.instructions, REASONING_CHARS)]),
    ...loopSection(look, frame, level + 1),
    ...(Object.keys(output).length > 0
      ? [
          `What ${code(frame.name)} reported:`,
          fenced(JSON.stringify(output, undefined, 2), 1500, 'json'),
        ]
      : []),
  ];
}

function loopTables({ subtasks, board, digests }: LoopState, level: number): string[] {
  const last = digests.at(-1);
  return [
    ...(subtasks.size > 0 ? [heading(level, 'Parts of the plan'), planTable(subtasks)] : []),
    ...(board.length > 0 ? [heading(level, 'Board'), boardTable(board)] : []),
    ...(last
      ? [
          heading(level, `Digest after turn ${last.turn}`),
          `SHA-256 ${code(last.sha256)}`,
          fenced(JSON.stringify(last.digest, undefined, 2), 6000, 'json'),
        ]
      : []),
  ];
}

function planTable(subtasks: LoopState['subtasks']): string {
  const rows = [...subtasks.values()]
    .slice(0, MOST_ENTRIES)
    .map((part) => [
      code(part.id),
      part.status.replace('_', ' '),
      part.by ?? '',
      part.dependencies.map((id) => code(id)).join(', '),
      inline(part.description, ENTRY_CHARS),
    ]);
  const left = subtasks.size - rows.length;
  const shown = table(['Part', 'Status', 'Done by', 'After', 'What it is'], rows);
  return left > 0 ? `${shown}\n\n${left} more parts.` : shown;
}

function boardTable(board: LoopState['board']): string {
  const rows = board
    .slice(-MOST_ENTRIES)
    .map(({ id, topic, worker, payload }) => [
      id,
      code(worker),
      code(topic),
      inline(JSON.stringify(payload), ENTRY_CHARS),
    ]);
  const left = board.length - rows.length;
  const shown = table(['Entry', 'By', 'Topic', 'What it says'], rows);
  return left > 0 ? `${left} entries before these.\n\n${shown}` : shown;
}
