import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/hash.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { EventOf, RunEvent } from '../../../src/events/event.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Store } from '../../../src/ports/store.ts';
import { scriptedModel } from '../../../src/providers/scripted.ts';
import { resumeRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../../make.ts';
import { BODY, skillText } from './skill-texts.ts';

const NEW = skillText('rates', {
  fields: { version: '1.1.0' },
  body: `${BODY}\n3. Round at the very end.`,
});
const BAD = skillText('gaps', { fields: { version: undefined } });

function order(id: string, skills: readonly string[], more: JsonObject = {}): JsonObject {
  return { worker_id: id, instructions: `do ${id}`, skills: [...skills], ...more };
}

/** What a manager says turn after turn: it writes a skill, names it, writes it anew. */
const TURNS: readonly JsonObject[] = [
  delegate(order('a', [skillText('rates')]), order('b', ['rates'])),
  delegate(order('c', ['rates', BAD])),
  delegate(order('d', [NEW])),
  delegate(order('e', ['rates'])),
  complete(),
];

interface Ran {
  log: readonly RunEvent[];
  /** Numbers of the events at which the log was made safe. */
  cuts: readonly number[];
  /** First questions by the agent. */
  prompts: ReadonlyMap<string, string>;
  notes: string;
}

function textOf({ messages }: ModelRequest): string {
  return messages.map(({ text }) => text).join('\n');
}

/** Runs it, from its beginning or from a part of its log. */
async function run(path: string, prefix: readonly RunEvent[] = []): Promise<Ran> {
  const store = memoryStore({ folder: path });
  const prompts = new Map<string, string>();
  const cuts: number[] = [];
  let notes = '';
  const script = scriptedModel((request) => {
    const name = askedBy(request);
    if (!prompts.has(name)) prompts.set(name, textOf(request));
    if (name !== 'manager') return { summary: `done ${name}`, confidence: 0.9 };
    notes = textOf(request);
    return TURNS[Number([...notes.matchAll(/## Turn\n(\d+)/g)].at(-1)?.[1] ?? 1) - 1] ?? complete();
  });
  const host = testHost(path, { script, store: checked(store, path, cuts) });
  if (prefix.length === 0) await (await startTestRun(host, testPlan())).done;
  else {
    await begin(store, prefix);
    await (await resumeRun(host, { id: 'r-test' })).done;
  }
  return { log: await logOf(store), cuts, prompts, notes };
}

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function begin(store: Store, prefix: readonly RunEvent[]): Promise<void> {
  const lease = await store.create('r-test', 'before');
  await store.append(lease, prefix, 'full');
  await store.release(lease);
}

/** A store in which no skill is named whose text is not there. */
function checked(store: Store, path: string, cuts: number[]): Store {
  const append: Store['append'] = (lease, events, durability) => {
    for (const { data } of only(events, 'skill.created')) {
      const file = join(store.folder('r-test'), data.skill.path);
      expect(sha256(readFileSync(file, 'utf8'))).toBe(data.skill.sha256);
      expect(file.startsWith(path)).toBe(true);
    }
    // What is appended together is there together.
    cuts.push(events.at(-1)?.seq ?? 0);
    return store.append(lease, events, durability);
  };
  return new Proxy(store, {
    get: (target, key) => {
      const value = key === 'append' ? append : Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const created = (log: readonly RunEvent[]): string[] =>
  only(log, 'skill.created').map(({ data }) => `${data.skill.name} by ${data.creator}`);

describe('a skill that a manager writes', () => {
  it('is given to the worker that it was written for, and to later ones by its name', async () => {
    using folder = temporaryFolder();
    const { log, prompts, notes } = await run(folder.path);
    expect(created(log)).toEqual(['rates by manager', 'rates by manager']);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      expect(prompts.get(name)).toMatch(/<skill-\w+ name="rates" by="manager">/);
    }
    expect(prompts.get('c')).not.toContain('Round at the very end');
    expect(prompts.get('d')).toContain('Round at the very end');
    expect(prompts.get('e')).toContain('Round at the very end');
    const skill = only(log, 'skill.created')[0]?.data.skill;
    expect(skill).toMatchObject({ origin: 'generated', files: [] });
    expect(only(log, 'agent.started').map(({ data }) => data.order?.skills)).toEqual([
      undefined,
      ['rates'],
      ['rates'],
      ['rates', BAD],
      ['rates'],
      ['rates'],
    ]);
    expect(notes).toContain('is not kept for others: its front matter has no version');
  });

  it('that is refused is one fact, and a text for its worker', async () => {
    using folder = temporaryFolder();
    const { log, prompts } = await run(folder.path);
    expect(only(log, 'skill.refused').map(({ agent, data }) => [agent, data])).toEqual([
      ['0', { name: 'gaps', creator: 'manager', problems: ['its front matter has no version'] }],
    ]);
    expect(prompts.get('c')).toMatch(/name="Skill 1" by="manager">\n---\nname: gaps/);
  });

  it('has a file for each version, and no other', async () => {
    using folder = temporaryFolder();
    const { log } = await run(folder.path);
    const paths = only(log, 'skill.created').map(({ data }) => data.skill.path);
    const store = memoryStore({ folder: folder.path });
    const files = readdirSync(join(store.folder('r-test'), 'skills/generated'));
    expect(files.map((name) => `skills/generated/${name}`).sort()).toEqual([...paths].sort());
  });

  it('is written once wherever the run is cut off and taken up again', async () => {
    using whole = temporaryFolder();
    const { log, cuts } = await run(whole.path);
    const shown = (events: readonly RunEvent[]): string[] =>
      events
        .filter(({ type }) => type.startsWith('skill.') || type === 'agent.started')
        .map(({ type, agent, data }) => JSON.stringify([type, agent, data]));
    const store = memoryStore({ folder: whole.path });
    for (const length of cuts.slice(0, -1)) {
      using folder = temporaryFolder();
      const prefix = log.slice(0, length);
      // Only what the log has been told is there.
      const place = memoryStore({ folder: folder.path }).folder('r-test');
      for (const { data } of only(prefix, 'skill.created')) {
        const text = readFileSync(join(store.folder('r-test'), data.skill.path), 'utf8');
        put(join(place, data.skill.path), text);
      }
      const resumed = await run(folder.path, prefix);
      expect([length, ...shown(resumed.log)]).toEqual([length, ...shown(log)]);
    }
  });

  it.each([
    ['gone', 'skill/not-found', undefined],
    ['changed', 'skill/bad', 'Obey me.'],
  ])('ends a run that is taken up when its text is %s', async (_, code, text) => {
    using folder = temporaryFolder();
    const { log } = await run(folder.path);
    const cut = log.findIndex(({ type }) => type === 'skill.created') + 2;
    using other = temporaryFolder();
    if (text !== undefined) {
      const { path } = only(log, 'skill.created')[0]!.data.skill;
      const file = join(memoryStore({ folder: other.path }).folder('r-test'), path);
      put(file, text);
    }
    await expect(run(other.path, log.slice(0, cut))).rejects.toMatchObject({ code });
  });

  it('goes with a sub-manager, whose workers it can be given to', async () => {
    using folder = temporaryFolder();
    const lead = delegate(order('s1', ['rates']));
    const script = scriptedModel((request, call) => {
      const name = askedBy(request);
      if (name === 'lead') return call > 2 ? complete() : lead;
      if (name !== 'manager') return { summary: textOf(request), confidence: 0.9 };
      const isFirst = call === 0;
      const skills = [skillText('rates')];
      return isFirst ? delegate(order('lead', skills, { as_submanager: true })) : complete();
    });
    const store = memoryStore({ folder: folder.path });
    const host = testHost(folder.path, { script, store });
    await (await startTestRun(host, testPlan({ budget: { depth: 2 } }))).done;
    const log = await logOf(store);
    expect(created(log)).toEqual(['rates by manager']);
    const worker = only(log, 'agent.started').find(({ data }) => data.name === 's1');
    expect(worker?.data.order?.skills).toEqual(['rates']);
  });

  it('has no secret in its text', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    const secret = 'k3y-of-the-house-0815';
    const body = `${BODY}\n3. Send ${secret} with each request.`;
    const script = scriptedModel([
      delegate(order('a', [skillText('rates', { body })])),
      { summary: 'a', confidence: 0.9 },
      complete(),
    ]);
    const host = testHost(folder.path, { script, store, secrets: [secret] });
    await (await startTestRun(host, testPlan())).done;
    const [{ data }] = only(await logOf(store), 'skill.created') as [EventOf<'skill.created'>];
    const text = readFileSync(join(store.folder('r-test'), data.skill.path), 'utf8');
    expect(text).not.toContain(secret);
    expect(text).toContain('with each request.');
  });

  it('is nothing where the manager may not choose skills', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    const script = scriptedModel([
      delegate(order('a', [skillText('rates')])),
      { summary: 'a', confidence: 0.9 },
      complete(),
    ]);
    const plan = testPlan({ managerControls: ['instructions'] });
    await (await startTestRun(testHost(folder.path, { script, store }), plan)).done;
    expect((await logOf(store)).filter(({ type }) => type.startsWith('skill.'))).toEqual([]);
  });
});
