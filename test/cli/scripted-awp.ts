import { afterAll, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { Engine } from '../../src/cli/engine.ts';
import { nodeEngine } from '../../src/cli/node-engine.ts';
import { openHome } from '../../src/data/home.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { StepFunction } from '../../src/ports/step.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { askedBy, temporaryFolder } from '../make.ts';
import { type FakeShell, type FakeShellOptions, fakeShell } from './fake-shell.ts';

// What is trusted in a test is trusted nowhere else.
const user = temporaryFolder();
vi.stubEnv('AWP_CONFIG_HOME', user.path);
afterAll(() => {
  vi.unstubAllEnvs();
  user[Symbol.dispose]();
});

/** The folder of the user's own skills and what was trusted, in the tests of one file. */
export const USER_FOLDER = user.path;

/** What an agent answers, by the id of its node, from the request and the number of its question, from 0. */
export type Answers = Readonly<
  Record<
    string,
    | ScriptedAnswer
    | ((request: ModelRequest, call: number) => ScriptedAnswer | Promise<ScriptedAnswer>)
  >
>;

/** The command line over a store on disk, with a model that answers for each agent. */
export interface ScriptedAwp extends Disposable {
  /** The working directory; runs are kept below it. */
  folder: string;
  /** One command, run to its end. */
  run(argv: readonly string[], more?: FakeShellOptions): Promise<Ran>;
  /** A command that is still running, with the shell that it runs in. */
  start(
    argv: readonly string[],
    more?: FakeShellOptions,
  ): { shell: FakeShell; ended: Promise<Ran> };
}

/** What came of a command. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** `awp` with a scripted model for all agents, and functions in the place of some. */
export function scriptedAwp(
  answers: Answers,
  steps: Readonly<Record<string, StepFunction>> = {},
): ScriptedAwp {
  const folder = temporaryFolder();
  const engine = scriptedEngine(answers, steps);
  const start = (argv: readonly string[], more: FakeShellOptions = {}) => {
    const shell = fakeShell({
      cwd: folder.path,
      engine,
      openHome,
      effects: nodeEffects(),
      ...more,
    });
    const home = ['--home', `${folder.path}/.awp`];
    const ended = runCli([...argv, ...home], shell).then((code) => ({
      code,
      out: shell.out.text(),
      err: shell.err.text(),
    }));
    return { shell, ended };
  };
  return {
    folder: folder.path,
    start,
    run: (argv, more) => start(argv, more).ended,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function scriptedEngine(answers: Answers, steps: Readonly<Record<string, StepFunction>>): Engine {
  const calls = new Map<string, number>();
  const model = scriptedModel((request) => {
    const agent = askedBy(request).replace(/-\d+$/, '');
    const call = calls.get(agent) ?? 0;
    calls.set(agent, call + 1);
    const answer = answers[agent] ?? { confidence: 1 };
    return typeof answer === 'function' ? answer(request, call) : answer;
  });
  const engine = nodeEngine();
  return {
    ...engine,
    start: (options, how) =>
      engine.start({ ...options, model, managerModel: model, workerModel: model, steps }, how),
    evaluate: (folder, how) => engine.evaluate(folder, { ...how, providers: [model] }),
    resume: (id, how) => engine.resume(id, { ...how, providers: [model], steps }),
  };
}
