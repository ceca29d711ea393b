import { type LoopQuestion, loopQuestion } from '../../events/loop-requests.ts';
import { type NodeQuestion, nodeRequest } from '../../events/node-requests.ts';
import type { Approval } from '../../events/state.ts';

/** How a request is asked and explained. */
export interface RequestWords {
  /** The question, and that after a change. */
  ask: string;
  again: string;
  /** What each answer means; one that is left out cannot be given. */
  yes: string;
  no: string;
  edit?: string;
  all: string;
  /** What it is called that can be changed. */
  what: string;
}

const CALL: RequestWords = {
  ask: 'Allow this?',
  again: 'Allow it like this?',
  yes: 'allow this call with exactly these arguments',
  no: 'refuse it; the agent is told the reason, if you give one. Return alone refuses, too',
  edit: 'change the arguments first, in $VISUAL or $EDITOR, else as a line of JSON',
  all: 'allow it, and all further calls of this tool until this process ends',
  what: 'arguments',
};

const NODES: Readonly<Record<Exclude<NodeQuestion, 'input'>, RequestWords>> = {
  before: {
    ask: 'Let it start?',
    again: 'Let it start?',
    yes: 'let this node start',
    no: 'it fails with the reason, if you give one. Return alone refuses, too',
    all: 'let it start, and all further nodes that ask for it until this process ends',
    what: 'node',
  },
  after: {
    ask: 'Use this output?',
    again: 'Use it like this?',
    yes: 'let others see this output',
    no: 'the node fails with the reason, if you give one. Return alone refuses, too',
    edit: 'change the output first, in $VISUAL or $EDITOR, else as a line of JSON',
    all: 'use it, and all further outputs that are asked about until this process ends',
    what: 'output',
  },
};

const LOOPS: Readonly<Record<LoopQuestion, RequestWords>> = {
  turn: {
    ask: 'Let these workers start?',
    again: 'Let them start like this?',
    yes: 'let them start as their manager wants it',
    no: 'none starts; the manager is told the reason, if you give one. Return alone refuses, too',
    edit: 'change orders or leave workers out, in $VISUAL or $EDITOR, else as a line of JSON',
    all: 'let them start, and the workers of all further turns until this process ends',
    what: 'delegations',
  },
  submanager: {
    ask: 'Let this sub-manager start?',
    again: 'Let it start like this?',
    yes: 'it gets a share of the budget and may start workers of its own',
    no: 'it does not start; the manager is told the reason. Return alone refuses, too',
    edit: 'change its share or instructions first, in $VISUAL or $EDITOR, else as a line of JSON',
    all: 'let it start, and all further sub-managers until this process ends',
    what: 'order',
  },
  raise: {
    ask: 'Raise this limit?',
    again: 'Raise it like this?',
    yes: 'raise it to what is proposed; the run goes on and may cost more',
    no: 'leave it: the run winds up and keeps what it has. Return alone refuses, too',
    edit: 'propose another limit first, in $VISUAL or $EDITOR, else as a line of JSON',
    all: 'raise it, and each further limit that is asked about until this process ends',
    what: 'figures',
  },
};

/** The words for a request; those for what a loop asks are in `askInput`. */
export function wordsFor(approval: Pick<Approval, 'call' | 'tool'>): RequestWords {
  const loop = loopQuestion(approval);
  if (loop !== undefined) return LOOPS[loop];
  const about = nodeRequest(approval)?.about;
  return about === undefined || about === 'input' ? CALL : NODES[about];
}

/** What can be said to a request, one answer a line. */
export function helpFor({ yes, no, edit, all, what }: RequestWords): string {
  return [
    `y          ${yes}`,
    `n REASON   ${no}`,
    ...(edit === undefined ? [] : [`e          ${edit}`]),
    `a          ${all}`,
    `s          show the ${what} in full`,
    'Ctrl-D     leave it open: the run waits, and can be answered with awp runs approve',
    'Ctrl-C     stop the run; it can be resumed',
  ].join('\n');
}

/**
 * What «all like this» is about: the tool, and why it is asked about, so that a tool that changed is
 * another; or what is asked about nodes and loops, whichever they are.
 */
export function kindOf({ call, tool, reason }: Pick<Approval, 'call' | 'tool' | 'reason'>): string {
  const isOwn = nodeRequest({ call, tool }) ?? loopQuestion({ call, tool });
  return JSON.stringify(isOwn ? ['node', tool] : [tool, reason]);
}
