import type { Language, SandboxPolicy } from '../../events/plan.ts';
import type { SandboxName } from '../../ports/sandbox.ts';

/** The boxes that programs are held against: the jail counts twice, by what the kernel allows it. */
export type BoxKind = SandboxName | 'jail-without-namespaces';

/**
 * What came of a program: `contained`; `surface`, something was left open but nothing was harmed;
 * `escaped`, with evidence; `stalled`, the box did not end it in time.
 */
export type Verdict = 'contained' | 'surface' | 'escaped' | 'stalled';

/**
 * What shows that a program got through. Of its own word: `says-escaped`, `limit-passed`. Seen by
 * the host: `secret-read` (the secret is in its output or files), `host-changed` (the bait's files),
 * `network-reached` (a listener of ours heard it), `process-harmed` (the victim was ended or
 * stopped), `process-left` (something of it still runs a second later), `trap-left` (more was handed
 * back than the policy allows), `box-broken` (the box failed instead of giving a result). `surface`:
 * it never does harm, it only shows what is open.
 */
export type Evidence =
  | 'says-escaped'
  | 'limit-passed'
  | 'secret-read'
  | 'host-changed'
  | 'network-reached'
  | 'process-harmed'
  | 'process-left'
  | 'trap-left'
  | 'box-broken'
  | 'surface';

/** What programs try to get at: all of it planted, and read by our own listener process. */
export interface BaitFacts {
  /**
   * What every secret begins with. A program looks for it and prints what follows; the whole secret
   * is not in its text, so finding it in the output proves that it was read.
   */
  mark: string;
  /** Name of the variable that holds the secret in the environment of `host`. */
  variable: string;
  /** Folder of all that is planted. */
  folder: string;
  /** JSON with the secret, readable by all. */
  file: string;
  /** Text that all may write. */
  writable: string;
  /** A planted home: `.ssh/id_ed25519`, `.aws/credentials`, `project/secrets.yaml`, `project/.env`. */
  home: string;
  /** Folder that all may write, as Python and Node keep their packages in. */
  packages: string;
  /** What is shown as `inputs/`; the folder `<inputs>-private` beside it is not shown. */
  inputs: string;
  /** Ports on 127.0.0.1 that answer with the secret; the first one speaks HTTP as well. */
  tcp: number;
  udp: number;
  /** Path of a unix socket, and the name of an abstract one (empty where there are none). */
  socket: string;
  abstract: string;
  /** Process of the box's user that has the secret in its environment and holds the sockets. */
  host: number;
  /** Sleeping process of the box's user: the only one that may be harmed. */
  victim: number;
  /** In the command line of whatever a program leaves running, so that the host finds it again. */
  marker: string;
  /** The limits that the program runs with. */
  policy: SandboxPolicy;
}

/** One hostile program: a few lines that try one thing. */
export interface HostileProgram {
  /** `P01`, `J01`, `R05`, ... */
  id: string;
  title: string;
  language: Language;
  /** Rows of the lists of attacks: `P01` or `J01`, and `12.1-5` for line 5 of section 12.1. */
  covers: readonly string[];
  /**
   * The program's text. It prints one line that begins with `ESCAPED:`, `SURFACE:` or `CONTAINED:`;
   * one that the box ends says nothing.
   */
  code(bait: BaitFacts): string;
  /** Wall clock, in milliseconds; 10 seconds when left out. */
  timeoutMs?: number;
  /** Limits that differ from the usual ones. */
  policy?: Partial<SandboxPolicy>;
  /** What shows that it got through; the verdict counts whatever else is seen, too. */
  escape: Evidence;
  /** It uses much of the machine and runs alone. */
  heavy?: boolean;
  /**
   * Why it does not get through even where nothing keeps it apart from the machine: what stops it
   * is no boundary, or it speaks to something that only some boxes have.
   */
  needsNothing?: string;
  /**
   * Verdicts that are not the usual ones: `contained` in every box, `escaped` in `none` (`contained`
   * there for one with `needsNothing`). Several: it depends on the machine.
   */
  expected?: Partial<Record<BoxKind, Verdict | readonly Verdict[]>>;
}
