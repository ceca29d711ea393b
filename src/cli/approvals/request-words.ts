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

/** The words for a request; those for what a loop asks are in `askInput`. */
export function wordsFor(approval: Pick<Approval, 'call' | 'tool'>): RequestWords {
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
 * another; or what is asked about nodes, whichever they are.
 */
export function kindOf({ call, tool, reason }: Pick<Approval, 'call' | 'tool' | 'reason'>): string {
  return JSON.stringify(nodeRequest({ call, tool }) ? ['node', tool] : [tool, reason]);
}
