import type { Json, JsonObject } from '../../src/base/json.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type {
  BoxToolReply,
  ComingJob,
  Execution,
  Sandbox,
  SandboxJob,
} from '../../src/ports/sandbox.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { askedBy, complete, delegate } from '../make.ts';

/** A tool call of a program, as `tools.call` makes it. */
export type CallTool = (name: string, args?: JsonObject) => Promise<BoxToolReply>;

/** What a program does; what it returns is printed as JSON. */
export type Program = (call: CallTool, job: SandboxJob, signal: AbortSignal) => Promise<Json>;

/** A box whose programs are functions of the test: the text of the program is the name of one. */
export interface ProgramBox extends Sandbox {
  jobs: SandboxJob[];
  coming: ComingJob[];
  ended: string[];
}

export function programBox(
  programs: Readonly<Record<string, Program>>,
  more: Partial<Execution> = {},
): ProgramBox {
  const jobs: SandboxJob[] = [];
  const coming: ComingJob[] = [];
  const ended: string[] = [];
  return {
    name: 'bwrap',
    isolation: 'none, for tests',
    languages: [{ language: 'javascript', description: 'functions of a test' }],
    jobs,
    coming,
    ended,
    prepare: (job) => coming.push(job),
    endSession: async (session) => {
      ended.push(session);
    },
    close: async () => {},
    async run(job, signal) {
      jobs.push(job);
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const call: CallTool = async (name, args = {}) =>
        (await job.tools?.call(name, args, either)) ?? NO_TOOLS;
      const program = programs[job.code];
      if (!program) throw new Error(`no program ${job.code}`);
      const said = await program(call, job, either);
      over.abort();
      return { ...ENDED, stdout: JSON.stringify(said), ...more };
    },
  };
}

const NO_TOOLS: BoxToolReply = { ok: false, status: 404, data: {}, error: 'no tools' };

const ENDED: Execution = {
  exitCode: 0,
  stdout: '',
  stderr: '',
  limits: [],
  files: [],
  notes: [],
  ms: 1,
};

/** Workers that run the programs of their names, a program each, and then report. */
export function programScript(
  ...names: readonly string[]
): (request: ModelRequest) => ScriptedAnswer {
  return (request) => {
    const { messages, headers } = request;
    if (headers['x-awp-role'] === 'manager') {
      const seen = JSON.stringify(messages).includes('Results of turn');
      return seen ? complete('done') : delegate(...names);
    }
    if (messages.some(({ role }) => role === 'tool')) return { summary: 'fine', confidence: 1 };
    return { toolCalls: [{ name: 'code.execute', args: { code: askedBy(request) } }] };
  };
}
