import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import type { GrantedSecret } from '../../../src/ports/host.ts';
import { keptFile, keptKey } from '../../../src/runtime/creation/kept-places.ts';
import { complete, delegate, only, testPlan } from '../../make.ts';
import { hashedText, keptText } from '../creation/kept.ts';
import { calls, report, type Scenario, type Scenarios } from '../loop-scenarios/scenario.ts';
import { skillText } from '../skills/skill-texts.ts';
import { adds, creates, maker, making, runs } from './making.ts';

const yes = { decision: 'approved', by: 'test' } as const;
const no = { decision: 'rejected', by: 'test', reason: 'not there' } as const;

const FEEDS = {
  namespaces: [
    'stats',
    {
      ...{ name: 'feeds', capabilities: ['network' as const], hosts: ['api.example.com'] },
      secrets: ['API_KEY'],
    },
  ],
};
const VALUE = 'hidden-value-of-a-key-0123456789';
const GRANTED: GrantedSecret = {
  secret: new Secret('API_KEY', VALUE),
  hosts: ['api.example.com'],
  tools: undefined,
};
const hasSecret: NonNullable<Scenario['host']> = (host) => ({
  ...host,
  findSecrets: async () => new Map([['API_KEY', GRANTED]]),
  secretValues: () => [VALUE],
});
const TOKENS = `function handler({ a }) {
  return { ok: true, data: { a, names: Object.keys(_secrets), token: _secrets.API_KEY } };
}`;

/** Tools of a network namespace, called with a person's word. */
function asked(person: NonNullable<Scenario['person']>, more: Partial<Scenario> = {}): Scenario {
  return making(
    {
      script: {
        manager: [delegate(maker('smith')), delegate('user'), complete('asked')],
        smith: [creates('feeds.get'), creates('stats.inc'), report('two')],
        user: [calls(['feeds.get', { a: 1 }], ['stats.inc', { a: 1 }]), report('called')],
      },
      options: { approve: ['network'] },
      person,
      ends: { status: 'complete' },
      ...more,
    },
    FEEDS,
  );
}

const program = (limit: number): string => `const limit = ${limit};
let sum = 0;
for (let at = 0; at < limit; at += 1) {
  if (at % 2 === 0) sum += at * at;
}
console.log('sum of squares', sum);`;

/** What stands around tools: people, secrets, programs, skills, other runs. */
export const AROUND: Scenarios = {
  'a call of a network tool that a person allows': asked(() => yes),
  'a call of a network tool that a person refuses': asked(() => no),
  'a call of a network tool that a person away from it allows': asked(() => yes, { away: true }),
  'a tool with a secret, and one that asks for another': making(
    {
      script: {
        manager: [delegate(maker('smith')), complete('with a token')],
        smith: [
          creates('feeds.get', TOKENS, { required_secrets: ['API_KEY'] }),
          creates('feeds.more', TOKENS, { required_secrets: ['API_KEY', 'PATH'] }),
          creates('stats.key', TOKENS, { required_secrets: ['API_KEY'] }),
          calls(['feeds.get', { a: 1 }]),
          ({ last }) => report(`found ${/"token":"[^"]*"/.exec(last)}`),
        ],
      },
      options: { secrets: { API_KEY: { value: VALUE, hosts: ['api.example.com'] } } },
      host: hasSecret,
      ends: { status: 'complete' },
      // Whether a request was sent that a crash cut off, nobody knows: it is not made again.
      countsCrashes: true,
      holds: ({ log }) => {
        const back = only(log, 'tool.returned').filter(({ data }) => data.tool === 'feeds.get');
        for (const { data } of back) expect(data.data).toMatchObject({ token: 'secret://API_KEY' });
        expect(
          log.filter((event) => event.type === 'tool.called' && event.data.tool === 'feeds.get'),
        ).toHaveLength(1);
        expect(JSON.stringify(log)).not.toContain(VALUE);
        const refused = only(log, 'tool.refused').map(({ data }) => data.problem.status);
        expect(refused).toEqual([403, 403]);
      },
    },
    FEEDS,
  ),
  'programs of one shape, a tool that follows from them, and its use': making(
    {
      script: {
        manager: [
          delegate('a', 'b', 'c'),
          ({ last }) => delegate(maker('smith', { instructions: `make ${induced(last)}` })),
          ({ last }) => delegate({ worker_id: 'user', instructions: `call ${induced(last)}` }),
          complete('proposed'),
        ],
        a: [runs(program(5)), report('a')],
        b: [runs(program(7)), report('b')],
        c: [runs(program(9)), report('c')],
        smith: [
          ({ text }) => calls(['tools.create', { proposal: induced(text) }]),
          report('made what was proposed'),
        ],
        user: [({ text }) => calls([induced(text), { limit: 3 }]), ({ last }) => report(last)],
      },
      options: { budget: { parallel: 1 } },
      ends: { status: 'complete' },
      holds: ({ state, end }) => {
        expect(state.creation?.proposals.size).toBe(1);
        expect(JSON.stringify(end)).toContain('sum of squares 4');
      },
    },
    { namespaces: ['stats'], induction: true },
  ),
  'a skill and a tool of one turn, and a worker with both': making({
    script: {
      manager: [
        delegate(maker('smith', { skills: [skillText('rates')] })),
        delegate({ worker_id: 'user', instructions: 'use both', skills: ['rates'] }),
        complete('both'),
      ],
      smith: [creates('stats.inc'), report('made it')],
      user: [calls(['stats.inc', { a: 1 }]), report('used both')],
    },
    ends: { status: 'complete' },
  }),
  'tools that a run begins with, of a person and of an earlier run, and files that are none':
    making({
      script: {
        manager: [delegate(maker('smith')), complete('with tools from before')],
        smith: [
          calls(['stats.promoted', { a: 1 }], ['stats.kept', { a: 1 }]),
          creates('stats.promoted', adds(7)),
          creates('stats.inc'),
          report('called both'),
        ],
      },
      plan: (folder) => {
        const plan = testPlan({
          tools: ['code.execute'],
          dynamicTools: { namespaces: ['stats'], persist: true },
        });
        const workflow = join(folder, 'flow');
        return { ...plan, brought: { tools: [], servers: [], workflow } };
      },
      host: (host, folder) => {
        const [flow, tools] = [join(folder, 'flow'), join(folder, 'tools')];
        const promoted = join(flow, 'workspace/dynamic_tools');
        const kept = join(tools, keptKey(flow, ''));
        rmSync(kept, { recursive: true, force: true });
        for (const path of [promoted, kept]) mkdirSync(path, { recursive: true });
        writeFileSync(join(promoted, 'stats.promoted.json'), hashedText('stats.promoted'));
        writeFileSync(
          join(promoted, 'stats.edited.json'),
          keptText('stats.edited', { code_hash: '0'.repeat(64) }),
        );
        writeFileSync(join(promoted, 'shell.bad.json'), keptText('shell.bad'));
        writeFileSync(join(promoted, 'notes.json'), 'no JSON');
        writeFileSync(join(kept, keptFile('stats.kept')), keptText('stats.kept'));
        return { ...host, toolsFolder: tools };
      },
      ends: { status: 'complete' },
      holds: ({ log }) => {
        expect(only(log, 'tool.created').map(({ data: { tool } }) => tool.origin)).toEqual([
          ...['project', 'kept', 'agent'],
        ]);
      },
    }),
};

function induced(text: string): string {
  return /stats\.induced_[0-9a-f]{6}/.exec(text)?.[0] ?? 'stats.none';
}
