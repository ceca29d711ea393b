import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/base/json.ts';
import {
  type Answers,
  type Ran,
  type ScriptedAwp,
  scriptedAwp,
  USER_FOLDER,
} from './cli/scripted-awp.ts';
import { complete, delegate } from './make.ts';

const EXAMPLES = resolve(import.meta.dirname, '../examples');
const TABLE = join(EXAMPLES, 'sales-report/sales.csv');

interface Example {
  answers: Answers;
  /** Further words of the command line. */
  more?: readonly string[];
  /** What the result has, by the ids of nodes. */
  brings: JsonObject;
  /** How nodes end that do not end well. */
  others?: Readonly<Record<string, string>>;
}

const sure = (more: JsonObject): JsonObject => ({ ...more, confidence: 1 });

const EXAMPLE_RUNS: Readonly<Record<string, Example>> = {
  hello: {
    answers: { greeter: sure({ greeting: 'Good morning' }) },
    brings: { greeter: { greeting: 'Good morning' } },
  },
  'research-pipeline': {
    answers: {
      planner: sure({ topics: ['tides'] }),
      researcher: sure({ findings: [{ topic: 'tides', claim: 'c', source: 'https://a.test' }] }),
      writer: sure({ answer: 'The moon.' }),
    },
    more: ['-i', 'question=Why are there tides?'],
    brings: { writer: { answer: 'The moon.' } },
  },
  'fan-out': {
    answers: {
      splitter: sure({ reviews: ['very good', 'bad', 'good'] }),
      readers: (_, call) => sure({ stars: [5, 1, 4][call] ?? 0, mood: 'glad' }),
      majority: (_, call) => sure({ stars: 3, mood: call === 0 ? 'angry' : 'glad' }),
      ranking: (_, call) => sure({ stars: [2, 5, 4][call] ?? 0, mood: 'glad' }),
      summary: sure({ summary: 'Ten stars in all.' }),
    },
    more: ['--trust'],
    brings: {
      readers: { stars: 10 },
      majority: { mood: { mood: 'glad' } },
      ranking: { ranking: [{ stars: 5 }, { stars: 4 }, { stars: 2 }] },
      summary: { summary: 'Ten stars in all.' },
    },
  },
  'sub-workflow': {
    answers: {
      editor: sure({ theme: 'spring', place: 'Lisbon' }),
      author: ({ messages }) =>
        sure({ text: /Lisbon/.test(JSON.stringify(messages)) ? 'Sun.' : 'News.' }),
      layout: '# Spring',
    },
    brings: { weather: { weather_text: 'Sun.' }, layout: {} },
  },
  'chat-team': {
    answers: {
      coordinator: sure({ question: 'Why is it dear?' }),
      billing: sure({ reply: 'A fee.' }),
      technician: sure({ reply: 'A fault.' }),
      reply: sure({ reply: 'A fee and a fault.' }),
    },
    brings: { reply: { reply: 'A fee and a fault.' } },
  },
  'observable-analytics': {
    answers: { profiler: sure({ profile: {} }), analyst: sure({ answer: 'Up.' }) },
    more: ['-i', `table=@${TABLE}`],
    brings: { profiler: {}, analyst: {} },
  },
  'quality-scoring': {
    answers: {
      reader: sure({ facts: ['It rained.'] }),
      writer: sure({ summary: 'It rained.' }),
      judge_readable: { score: 0.9, reason: 'short' },
    },
    brings: { writer: { summary: 'It rained.' } },
  },
  'dynamic-tools': {
    answers: {
      builder: sure({ tool: 'stats.median' }),
      analyst: sure({ answer: '4' }),
      check: (_, call) => (call === 0 ? delegate('checker') : complete('It is 4.')),
      checker: sure({ answer: 'yes' }),
    },
    brings: { analyst: { answer: '4' }, check: { summary: 'It is 4.' } },
  },
};

/** Runs an example and gives its result. */
async function runExample(awp: ScriptedAwp, folder: string, more: readonly string[] = []) {
  const ran = await awp.run(['run', folder, '-m', 'scripted', '--run-id', 'r-example', ...more]);
  const { out } = await awp.run(['runs', 'show', 'r-example', '--json']);
  return { ran, result: out === '' ? {} : (JSON.parse(out) as JsonObject) };
}

const unfinished = ({ nodes }: JsonObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(nodes as Record<string, { status: string }>)
      .filter(([, { status }]) => status !== 'finished')
      .map(([path, { status }]) => [path, status]),
  );

describe('examples with graphs', () => {
  it.each(Object.entries(EXAMPLE_RUNS))(
    '%s runs to its end',
    async (name, { answers, more, brings, others = {} }) => {
      using awp = scriptedAwp(answers);
      const { ran, result } = await runExample(awp, join(EXAMPLES, name), more);
      expect(ran, ran.err).toMatchObject({ code: 0 });
      expect(result).toMatchObject({ status: 'complete', result: brings });
      expect(unfinished(result)).toEqual(others);
    },
    60_000,
  );

  const texts = (score: (call: number) => number, delicate = false): Answers => ({
    draft: sure({ text: 'A text.', language: 'en' }),
    editor: (_, call) => sure({ text: 'A better text.', score: score(call), delicate }),
    delicate: (_, call) => sure({ question: 'May it be published?', approved: call > 0 }),
    publish: sure({ path: 'article.md' }),
  });

  it('conditional-and-loop: improves until it is good, and waits for a person before it is used', async () => {
    using awp = scriptedAwp(texts((call) => 0.6 + 0.15 * call));
    const { ran, result } = await runExample(awp, join(EXAMPLES, 'conditional-and-loop'));
    expect(ran, ran.err).toMatchObject({ code: 5 });
    expect(result.nodes).toMatchObject({
      editor: { status: 'finished', rounds: 3 },
      delicate: { status: 'skipped' },
      apology: { status: 'skipped' },
      publish: { status: 'running' },
    });
    expect(await awp.run(['runs', 'approve', 'r-example', 'a1'])).toMatchObject({ code: 0 });
    const ended = await awp.run(['run', '--resume', 'r-example']);
    expect(ended, ended.err).toMatchObject({ code: 0 });
    const { out } = await awp.run(['runs', 'show', 'r-example', '--node', 'publish', '--json']);
    expect(JSON.parse(out)).toMatchObject({ path: 'article.md' });
  }, 60_000);

  it('conditional-and-loop: a delicate text goes to a person, and is not published', async () => {
    using awp = scriptedAwp(texts(() => 0.9, true));
    const { ran, result } = await runExample(awp, join(EXAMPLES, 'conditional-and-loop'));
    expect(ran, ran.err).toMatchObject({ code: 5 });
    expect(result.nodes).toMatchObject({
      delicate: { status: 'running', rounds: 1 },
      publish: { status: 'skipped' },
    });
    expect(result.approvals).toMatchObject([{ tool: 'loop.input' }]);
    await awp.run(['runs', 'approve', 'r-example', 'a1', '--reason', 'yes, publish it']);
    const ended = await awp.run(['run', '--resume', 'r-example']);
    expect(ended, ended.err).toMatchObject({ code: 0 });
  }, 60_000);

  it('conditional-and-loop: when the editor fails, the run says so and keeps the draft', async () => {
    using awp = scriptedAwp({ ...texts(() => 0.9), editor: 'no JSON at all' });
    const { ran, result } = await runExample(awp, join(EXAMPLES, 'conditional-and-loop'));
    expect(ran.code).toBe(4);
    expect(ran.err).toContain('error[model/bad-answer]: editor failed');
    expect(result).toMatchObject({ status: 'failed', result: { draft: { text: 'A text.' } } });
  }, 60_000);

  it('enterprise: runs with its secret, its tools and its rules', async () => {
    const answers: Answers = {
      intake: sure({ profile: {} }),
      risk: sure({ score: 0.9 }),
      legal: sure({ issues: [] }),
      escalation: sure({}),
      report: sure({}),
    };
    using awp = scriptedAwp(answers);
    addPlainLanguage();
    const { ran, result } = await runExample(awp, withSecrets(awp), [
      ...['-i', 'supplier=ACME', '--trust'],
    ]);
    expect(ran, ran.err).toMatchObject({ code: 0 });
    expect(result.status).toBe('complete');
  }, 60_000);

  it('memory: says what is not there yet', async () => {
    using awp = scriptedAwp({});
    const ran = await awp.run(['run', join(EXAMPLES, 'memory'), '-m', 'scripted']);
    expect(ran).toMatchObject<Partial<Ran>>({ code: 1 });
    expect(ran.err).toContain('error[tool/missing]: there is no tool memory.read');
  }, 60_000);
});

/** The example with the secrets that it wants, which are in no repository. */
function withSecrets({ folder }: ScriptedAwp): string {
  const copy = join(folder, 'enterprise');
  cpSync(join(EXAMPLES, 'enterprise'), copy, { recursive: true });
  const secrets = 'secrets:\n  REGISTER_KEY: "made-up-key-1"\n  REDIS_PASSWORD: "made-up-word-2"\n';
  writeFileSync(join(copy, 'secrets.yaml'), secrets, { mode: 0o600 });
  return copy;
}

/** A skill that the example takes from the user's own. */
function addPlainLanguage(): void {
  const path = join(USER_FOLDER, 'skills/plain-language');
  mkdirSync(path, { recursive: true });
  const text =
    '---\nname: plain-language\ndescription: How to write so that all understand.\nversion: 1.0.0\n---\nBe brief.\n';
  writeFileSync(join(path, 'SKILL.md'), text);
}
