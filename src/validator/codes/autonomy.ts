import { requirements } from '../autonomy/check-autonomy.ts';
import { crossCutting } from '../autonomy/cross-cutting.ts';
import type { Force } from '../autonomy/requirement.ts';
import { agent, graph, loop, manifest } from '../examples.ts';
import type { Example } from '../rule.ts';
import type { CodeCard } from './code-card.ts';

/** What a card says besides the text of its requirement. */
interface Words {
  why: string;
  bad?: Example;
  good?: Example;
  enforced?: string;
}

const WRITER = agent({})['agent.awp.yaml'];
const ONE = graph('- { id: writer, agent: writer }');
const SHARED = 'state: { sharing: { strategy: full } }';

/** A0: one agent. */
const prescribed = (writer: string, text = ONE): Record<string, string> => ({
  'workflow.awp.yaml': text,
  'agents/writer/agent.awp.yaml': writer,
});

const PLANNER = '- { id: planner, agent: planner, share_output: [plan] }';
/** A1: two agents, the second one builds on the first. */
const adaptive = (nodes: string, state = SHARED): string => graph(nodes, state);
const A1 = adaptive(`${PLANNER}\n- { id: writer, agent: writer, depends_on: [planner] }`);

const BUDGET =
  'budget: { max_loops: 5, max_total_tokens: 50000, max_wall_time: 300, max_depth: 0 }';
const POLICY = 'worker_policy: { enforced: { forbidden_tools: [shell.execute] } }';
/** A2: a manager and its workers. */
const delegating = (body: string): string => loop(body, SHARED);
const A2 = delegating(`${BUDGET}\n${POLICY}`);

const BOX = 'sandbox: { type: subprocess, max_memory_mb: 512, max_cpu_seconds: 30 }';
const MAKES = 'dynamic_tools: { enabled: true, allowed_namespaces: [dynamic] }';
/** A3: workers may make tools, within an envelope. */
const tooling = (enforced: string, rest = MAKES): string =>
  loop(`${BUDGET}\nworker_policy: { ${enforced} }`, `${SHARED}\n${rest}`);
const A3 = tooling(`enforced: { ${BOX} }`);

const DEEP = BUDGET.replace('max_depth: 0', 'max_depth: 2');
const TERMINATION = 'termination: { enabled: true }';
const OBSERVED = `observability:
  tracing: { enabled: true }
  metrics: { enabled: true }
  audit: { enabled: true }
  health:
    readiness: { checks: [llm_provider_reachable] }
    liveness: { checks: [llm_provider_reachable] }`;
/** A4: managers have managers. */
const organizing = (body: string, observed = OBSERVED): string =>
  loop(`${body}\nworker_policy: { enforced: { ${BOX} } }`, `${SHARED}\n${MAKES}\n${observed}`);
const A4 = organizing(`${DEEP}\n${TERMINATION}`);

const WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  [
    'A0-1',
    {
      why: 'Without a version nobody knows by which rules a workflow is to be read (R1).',
      bad: ONE.replace(/^awp.*\n/, ''),
      good: ONE,
    },
  ],
  [
    'A0-2',
    {
      why: 'A workflow that others are to run says what it is called, which version it is, and what it does.',
      bad: ONE.replace(/ {2}version.*\n/, ''),
      good: ONE,
    },
  ],
  [
    'A0-3',
    {
      why: 'Without a node and without a manager nothing would run.',
      bad: manifest(''),
      good: ONE,
    },
  ],
  [
    'A0-4',
    {
      why: `An agent says who it is, what it is told and in which form it answers. A model may also come from the
workflow's settings or from the environment; that is a warning. Agents that lead a delegation loop answer with
decisions and need no \`output.format\`.`,
      bad: prescribed(WRITER.replace('  format: json\n', '')),
      good: prescribed(WRITER),
    },
  ],
  [
    'A0-5',
    {
      why: 'Who builds on an answer must know what is in it (R9). Managers answer with decisions and have none.',
      bad: prescribed(agent({ output: 'output: { format: json }' })['agent.awp.yaml']),
      good: prescribed(WRITER),
    },
  ],
  [
    'A0-6',
    { why: 'A graph is written down and never changes while it runs: here this always holds.' },
  ],
  ['A1-1', { why: 'One agent has nobody to adapt to.', bad: adaptive(PLANNER), good: A1 }],
  [
    'A1-2',
    {
      why: 'Nodes without dependencies do not know of each other.',
      bad: adaptive(`${PLANNER}\n- { id: writer, agent: writer }`),
      good: A1,
    },
  ],
  ['A1-3', { why: 'What agents share is the state.', bad: A1.replace(SHARED, ''), good: A1 }],
  [
    'A1-4',
    {
      why: `\`full\` shows everything to everyone, \`selective\` what is granted, \`isolated\` nothing of others (R16).
Which one counts must be written.`,
      bad: A1.replace(SHARED, 'state: { initial: { topic: news } }'),
      good: A1,
    },
  ],
  [
    'A1-5',
    {
      why: 'Fields that are meant for others are named; the rest stays with the agent.',
      bad: A1.replace(', share_output: [plan]', ''),
      good: A1,
    },
  ],
  ['A1-6', { why: 'They are what a graph may use from this level on; none of them is asked for.' }],
  [
    'A2-1',
    { why: 'Delegating means that a manager decides who works on what.', bad: A1, good: A2 },
  ],
  [
    'A2-2',
    { why: 'Where `manager` names no folder the built-in manager leads: here this always holds.' },
  ],
  [
    'A2-3',
    {
      why: `A manager that decides by itself needs limits that a person wrote. Defaults do not count: a limit that
nobody wrote is no limit. \`null\` counts, because somebody wrote it.`,
      bad: delegating(`budget: { max_loops: 5, max_depth: 0 }\n${POLICY}`),
      good: A2,
    },
  ],
  [
    'A2-4',
    {
      why: "Workers pay from their manager's budget, before every effect: here this always holds.",
    },
  ],
  [
    'A2-5',
    {
      why: '`worker_policy` says what no worker may do, whatever the manager wants.',
      bad: delegating(BUDGET),
      good: A2,
    },
  ],
  [
    'A3-1',
    {
      why: `One of three must allow it: \`dynamic_tools.enabled\`, an agent's \`codemode.tool_creation\`, or
\`codemode.tool_creation\` or \`skills\` among what the manager controls.`,
      bad: tooling(`enforced: { ${BOX} }`, MAKES.replace('true', 'false')),
      good: A3,
    },
  ],
  [
    'A3-2',
    {
      why: 'Who may make tools must meet limits that nobody in the run can widen.',
      bad: tooling('manager_controlled: [temperature]'),
      good: A3,
    },
  ],
  [
    'A3-3',
    {
      why: 'A tool is tried in its box before anyone may call it; a workflow cannot switch that off.',
      enforced: 'with the issue that brings dynamic tools',
    },
  ],
  [
    'A3-4',
    {
      why: `Every tool that is made, and its code, is in the log of the run. Only an audit trail that is switched
off breaks this.`,
      bad: tooling(
        `enforced: { ${BOX} }`,
        `${MAKES}\nobservability: { audit: { enabled: false } }`,
      ),
      good: A3,
    },
  ],
  [
    'A3-5',
    {
      why: `Code that a model wrote runs in a box with limits. Where \`allowed_namespaces\` is not written, tools go
to \`dynamic\`, which is a warning.`,
      bad: tooling('enforced: { forbidden_tools: [shell.execute] }'),
      good: A3,
    },
  ],
  [
    'A4-1',
    {
      why: 'With `max_depth: 0` a manager has workers only.',
      bad: organizing(`${BUDGET}\n${TERMINATION}`),
      good: A4,
    },
  ],
  [
    'A4-2',
    {
      why: 'One ledger counts the whole tree, so no sub-manager can spend more: always true here.',
    },
  ],
  [
    'A4-3',
    {
      why: 'How deep delegation may go is not left to a default (R31, R32).',
      bad: organizing(`${BUDGET.replace(', max_depth: 0', '')}\n${TERMINATION}`),
      good: A4,
    },
  ],
  [
    'A4-4',
    {
      why: 'What organizes itself must be seen while it runs and afterwards.',
      bad: organizing(
        `${DEEP}\n${TERMINATION}`,
        OBSERVED.replace('  metrics: { enabled: true }\n', ''),
      ),
      good: A4,
    },
  ],
  [
    'A4-5',
    {
      why: '`termination` ends a loop that goes nowhere before its budget is used up.',
      bad: organizing(DEEP),
      good: A4,
    },
  ],
  [
    'A4-6',
    {
      why: 'They tell whoever operates it whether a run can start and whether it still moves.',
      bad: organizing(`${DEEP}\n${TERMINATION}`, OBSERVED.slice(0, OBSERVED.indexOf('\n  health'))),
      good: A4,
    },
  ],
  [
    'AX-1',
    {
      why: 'Where agents talk to each other, over what and about what is written.',
      bad: manifest('communication:\n  bus: { type: internal }'),
      good: manifest('communication:\n  bus: { type: internal }\n  channels: [{ name: findings }]'),
    },
  ],
  [
    'AX-2',
    {
      why: 'A memory section without a tier keeps nothing.',
      bad: manifest('memory: { enabled: true }'),
      good: manifest('memory:\n  tiers:\n    working: { enabled: true }'),
    },
  ],
  [
    'AX-3',
    {
      why: 'Without it only the log of the run tells what happened.',
      bad: manifest(''),
      good: manifest('observability:\n  logging: { level: INFO }'),
    },
  ],
  [
    'AX-4',
    {
      why: 'Without it the defaults of this release count.',
      bad: manifest(''),
      good: manifest('security:\n  circuit_breaker: { enabled: true }'),
    },
  ],
  [
    'AX-5',
    {
      why: 'A breaker stops calls to what does not answer, limits stop what calls too often.',
      bad: manifest('security:\n  circuit_breaker: { enabled: true }'),
      good: manifest(`security:
  circuit_breaker: { enabled: true }
  rate_limiting: { per_agent: { max_calls_per_minute: 60 } }`),
    },
  ],
  [
    'AX-6',
    {
      why: 'A chain of hashes shows that entries were changed or taken away (R18).',
      bad: manifest('observability:\n  audit: { enabled: true }'),
      good: manifest('observability:\n  audit: { enabled: true, integrity: hash_chain }'),
    },
  ],
]);

const SEVERITY = { must: 'error', should: 'warning', may: 'info' } as const;
const FORCE: Readonly<Record<Force, (level: string) => string>> = {
  must: (level) => `${level} and every level above ask for it.`,
  should: (level) => `${level} and every level above recommend it.`,
  may: (level) => `${level} allows it.`,
};

/** The requirements of the autonomy levels, and what is good at every level. */
export const autonomyCards: readonly CodeCard[] = [
  ...requirements.map(({ id, level, force, text }) => {
    const { why = '', ...words } = WORDS.get(id) ?? {};
    const scope = `${FORCE[force](level)} Without a declared or asked level nothing is wrong.`;
    return {
      code: id,
      title: text,
      severity: SEVERITY[force],
      ...words,
      why: `${why}\n\n${scope}`,
    };
  }),
  ...crossCutting.map(({ id, text }) => {
    const { why = '', ...words } = WORDS.get(id) ?? {};
    const scope = 'Good at every level; only `awp compliance` tells it.';
    const severity = 'warning' as const;
    return { code: id, title: text, severity, ...words, why: `${why}\n\n${scope}` };
  }),
];
