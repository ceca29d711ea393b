import type { EventData, RunEvent, RunEventType } from '../../../src/events/event.ts';

const CHARS = 120;
/** Lines in a row that may differ in numbers alone. */
const MOST_ALIKE = 8;

function short(text: string): string {
  const line = JSON.stringify(text).slice(1, -1);
  return line.length > CHARS ? `${line.slice(0, CHARS)}...` : line;
}

function list(texts: readonly string[]): string {
  return texts.map(short).join('; ');
}

function share(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** What of an event tells it apart; words that are empty are left out. */
type Telling = { [T in RunEventType]?: (data: EventData[T]) => (string | undefined)[] };

const ENDS: Telling = {
  'run.resumed': ({ raise, abandoned }) => [
    raise && `raise ${JSON.stringify(raise)}`,
    abandoned.length > 0 ? `${abandoned.length} abandoned` : '',
  ],
  'run.finished': ({ status, reason }) => [status, reason],
  'run.stopped': ({ reason }) => [short(reason)],
  'run.paused': ({ reason }) => [short(reason)],
  'run.reopened': ({ reason }) => [short(reason)],
  'run.forked': ({ seq }) => [`after ${seq}`],
};

const AGENTS: Telling = {
  'agent.started': ({ role, askedAs, review, order, notes = [] }) => [
    role,
    askedAs && `asked as ${askedAs}`,
    review && `${review.kind} of ${review.of}`,
    order?.repairOf && `repair of ${order.repairOf}`,
    notes.length > 0 ? `(${list(notes)})` : '',
  ],
  'agent.finished': ({ confidence, status, reason, problems }) => [
    share(confidence),
    status,
    reason,
    problems.length > 0 ? `(${list(problems)})` : '',
  ],
  'agent.failed': ({ code }) => [code],
  'agent.skipped': ({ worker, guard, reason }) => [worker, guard, `(${short(reason)})`],
  'manager.decided': (decision) => [decision.decision, whatOf(decision)],
  'manager.rejected': ({ reason }) => [`(${short(reason)})`],
  'output.checked': ({ ok, confidence, said, problems, reasons = [] }) => [
    ok ? 'ok' : 'not ok',
    said === undefined ? share(confidence) : `${share(said)} -> ${share(confidence)}`,
    problems.length > 0 ? `(${list(problems)})` : '',
    reasons.length > 0 ? `(${list(reasons)})` : '',
  ],
};

function whatOf(decision: EventData['manager.decided']): string {
  if (decision.decision === 'delegate') {
    const { delegations, unread } = decision;
    const names = delegations.map(({ workerId, asSubmanager }) =>
      asSubmanager ? `${workerId}*` : workerId,
    );
    const shown =
      names.length > 8 ? [...names.slice(0, 3), `... ${names.length} in all`] : [...names];
    return [...shown, ...(unread ? [`${unread} not read`] : [])].join(' ');
  }
  if (decision.decision === 'plan') return decision.subtasks.map(({ id }) => id).join(' ');
  if (decision.decision === 'diagnose') return decision.failedWorker;
  return decision.decision === 'fail' ? `(${short(decision.reason)})` : '';
}

const CALLS: Telling = {
  'model.asked': ({ purpose, attempt }) => [purpose, attempt > 1 ? `attempt ${attempt}` : ''],
  'model.failed': ({ code, retryInMs }) => [code, retryInMs === undefined ? '' : 'again later'],
  'model.switched': ({ from, to, reason }) => [`${from} -> ${to}`, reason],
  'tool.called': ({ tool, parentCall }) => [tool, parentCall && 'from a program'],
  'tool.returned': ({ tool, status }) => [tool, String(status)],
  'artifact.written': ({ path }) => [path],
  'artifact.removed': ({ path }) => [path],
  'security.denied': ({ tool, kind }) => [tool, kind],
  'approval.requested': ({ tool }) => [tool],
  'approval.resolved': ({ decision, args }) => [decision, args && 'with other arguments'],
};

const LIMITS: Telling = {
  'budget.warned': ({ scope, dimension }) => [dimension, scope && `of ${scope}`],
  'budget.exhausted': ({ scope, dimension, limit }) => [
    `${dimension} ${limit}`,
    scope && `of ${scope}`,
  ],
  'budget.reserved': ({ scope, limits }) => [
    `for ${scope}`,
    `loops ${limits.loops}, workers ${limits.workers}`,
  ],
  'budget.settled': ({ scope, used }) => [`of ${scope}`, `loops ${used.loops}`],
  'budget.raised': ({ dimension, from, to }) => [`${dimension} ${from} -> ${to}`],
};

const LOOPS: Telling = {
  'plan.made': ({ subtasks, merged, dropped }) => [
    subtasks.map(({ id }) => id).join(' '),
    merged && 'merged',
    dropped ? `${dropped} dropped` : '',
  ],
  'plan.refused': ({ reason }) => [`(${short(reason)})`],
  'subtask.changed': ({ id, status, strategy }) => [id, status, strategy],
  'diagnosis.made': ({ hypotheses }) => [hypotheses.map(({ id }) => id).join(' ')],
  'diagnosis.refused': ({ reason }) => [`(${short(reason)})`],
  'hypothesis.resolved': ({ id, status }) => [id, status],
  'submanager.refused': ({ worker, reason }) => [worker, `(${short(reason)})`],
  'submanager.promoted': ({ worker, score, reasons }) => [
    worker,
    share(score),
    `(${list(reasons)})`,
  ],
  'gates.passed': ({ gates }) => [gates.join(' ')],
  'gate.rejected': ({ gate, defects, final }) => [
    gate,
    final && 'for good',
    `(${list(defects.slice(0, 2))})`,
  ],
  'result.validated': ({ valid, adjusted, feedback }) => [
    valid ? 'valid' : 'not valid',
    adjusted === undefined ? '' : share(adjusted),
    `(${short(feedback)})`,
  ],
  'result.criticised': ({ of, score, defects, note }) => [
    of,
    share(score),
    defects.map(({ category }) => category).join(' '),
    note && `(${short(note)})`,
  ],
  'result.repaired': ({ of, attempt, before, after, kept }) => [
    of,
    `attempt ${attempt}, ${share(before)} -> ${share(after)},`,
    kept ? 'kept' : 'not kept',
  ],
  'stall.noticed': ({ action, reason, message }) => [action, reason, `(${short(message)})`],
  'strategy.switched': ({ strategy }) => [strategy],
  'board.posted': ({ id, topic, call }) => [id, topic, call === undefined ? 'by the runtime' : ''],
  'output.scored': ({ score, verdict }) => [score === null ? 'none' : share(score), verdict],
  'digest.made': ({ turn }) => [`turn ${turn}`],
  'context.compacted': ({ turns }) => [`${turns} turns`],
};

const MAKING: Telling = {
  'calls.derived': ({ from, calls }) => [from, calls.map(({ name }) => name).join(' ')],
  'session.kept': ({ backend, bytes }) => [backend, `${bytes} bytes`],
  'tool.drafted': ({ name, attempt }) => [name, attempt > 0 ? `repair ${attempt}` : ''],
  'tool.checked': ({ stage, problem }) => [
    stage,
    problem && `${problem.status} ${problem.category} (${short(problem.error)})`,
  ],
  'tool.cached': ({ name }) => [name],
  'tool.created': ({ tool }) => [
    tool.name,
    tool.origin === 'agent' ? '' : tool.origin,
    tool.repairs > 0 ? `repaired ${tool.repairs} times` : '',
  ],
  'tool.refused': ({ name, origin, problem }) => [
    name,
    origin === 'agent' ? '' : origin,
    `${problem.status} at ${problem.stage} (${short(problem.hint)})`,
  ],
  'tool.removed': ({ name }) => [name],
  'program.shaped': ({ template }) => [template === undefined ? 'again' : 'new'],
  'tool.proposed': ({ proposal }) => [proposal.name],
  'skill.created': ({ skill }) => [skill.name],
  'skill.refused': ({ name, problems }) => [name, `(${list(problems)})`],
};

const TELLING: Telling = { ...MAKING, ...ENDS, ...AGENTS, ...CALLS, ...LIMITS, ...LOOPS };

/** A log as texts, one line for each event: deeper agents further in, by their names. */
export function linesOf(log: readonly RunEvent[]): string[] {
  const names = new Map<string, string>();
  const lines = log.map((event) => {
    const { type, agent, depth } = event;
    if (type === 'agent.started') names.set(agent ?? '', event.data.name);
    const name = agent === undefined ? undefined : (names.get(agent) ?? agent);
    const told = [name, ...tellingOf(event)].filter((word) => word !== undefined && word !== '');
    return [`${'  '.repeat(depth)}${type}`, ...told].join(' ');
  });
  return withoutRepeats(lines);
}

/** Of many lines that differ in numbers alone, the first and the last. */
function withoutRepeats(lines: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const shape = shapeOf(lines[at]);
    let end = at + 1;
    while (end < lines.length && shapeOf(lines[end]) === shape) end += 1;
    const alike = lines.slice(at, end);
    const more = `... ${alike.length - 2} more`;
    if (alike.length <= MOST_ALIKE) kept.push(...alike);
    else kept.push(alike[0] ?? '', more, alike.at(-1) ?? '');
    at = end;
  }
  return kept;
}

function shapeOf(line = ''): string {
  return line.replaceAll(/\d+/g, '#');
}

function tellingOf<T extends RunEventType>(event: RunEvent & { type: T }): (string | undefined)[] {
  const tell = TELLING[event.type as T] as
    | ((data: EventData[T]) => (string | undefined)[])
    | undefined;
  return tell?.(event.data as EventData[T]) ?? [];
}
