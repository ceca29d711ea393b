/**
 * Tokens that a run of five turns with three workers each sends, and how much of them a service that
 * caches what prompts begin with need not read anew. Each question of the manager stands beside the one
 * that a manager without memory would be asked, made from the same log.
 */

import type { JsonObject } from '../../src/base/json.ts';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { emptyState, fold } from '../../src/events/reduce.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { type Script, scriptedModel } from '../../src/providers/scripted.ts';
import { managerStart } from '../../src/runtime/agent/prompt.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import type { Figure } from '../table.ts';
import { folder, report } from '../world.ts';

const TURNS = 5;
const WORKERS = 3;
/** Bytes of a prompt that count as one token, as budgets count. */
const BYTES_PER_TOKEN = 3;
/** What a token from a cache costs, of the price of others. */
const CACHED_PRICE = 0.1;

/** Two tables of a usual width. */
const ORDERS = Array.from({ length: 48 }, (_, row) => ({
  order_id: 10_000 + row,
  month: `2026-${String((row % 12) + 1).padStart(2, '0')}`,
  region: `Region ${row % 4}`,
  product: `P-${row % 9}`,
  customer: `C-${row % 17}`,
  units: 10 + (row % 7),
  unit_price: 12.5 + row,
  revenue: 1000 + row * 17,
}));
const CUSTOMERS = Array.from({ length: 17 }, (_, row) => ({
  customer: `C-${row}`,
  segment: row % 3 === 0 ? 'enterprise' : 'small business',
  since: `20${10 + row}-04-01`,
  country: ['DE', 'FR', 'ES', 'IT'][row % 4] ?? 'DE',
  discount: row % 5,
}));

/** What a model was sent, as one text in the order in which services read it. */
const asText = ({ tools, messages }: Pick<ModelRequest, 'tools' | 'messages'>): string =>
  [JSON.stringify(tools), ...messages.map((message) => JSON.stringify(message))].join('\n');

const tokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

interface Sent {
  text: string;
  tokens: number;
  /** Tokens that an earlier question began with, too. */
  known: number;
}

/** Questions in their order, each with what it has in common with an earlier one. */
function sentOf(texts: readonly string[]): Sent[] {
  return texts.map((text, index) => {
    const common = texts.slice(0, index).map((earlier) => commonPrefix(earlier, text));
    const known = text.slice(0, Math.max(0, ...common));
    return {
      text,
      tokens: tokens(text),
      known: Math.floor(Buffer.byteLength(known) / BYTES_PER_TOKEN),
    };
  });
}

function commonPrefix(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const anew = (sent: readonly Sent[]): number =>
  (1 - sum(sent.map(({ known }) => known)) / sum(sent.map((one) => one.tokens))) * 100;
const price = (sent: readonly Sent[]): number =>
  sum(sent.map((one) => one.tokens - one.known * (1 - CACHED_PRICE)));

const asked: Record<'manager' | 'first' | 'later', string[]> = {
  manager: [],
  first: [],
  later: [],
};

const script: Script = (request) => {
  const { headers, messages } = request;
  const answers = messages.filter(({ role }) => role === 'assistant').length;
  if (headers['x-awp-role'] === 'manager') {
    asked.manager.push(asText(request));
    return answers < TURNS
      ? delegation(answers + 1)
      : {
          decision: 'complete',
          final_result: { summary: 'Revenue rises in each region.' },
          confidence: 0.9,
        };
  }
  asked[answers === 0 ? 'first' : 'later'].push(asText(request));
  if (answers === 0)
    return {
      toolCalls: [
        {
          name: 'data.query',
          args: {
            file: 'inputs/orders.json',
            sql: `select region, sum(revenue) from orders group by region limit ${headers['x-awp-agent']?.length}`,
          },
        },
      ],
    };
  if (answers === 1) return { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] };
  return finding(String(headers['x-awp-agent']));
};

function delegation(turn: number): JsonObject {
  return {
    decision: 'delegate',
    reasoning: `Turn ${turn} looks at other parts of the table than those before it.`,
    delegations: Array.from({ length: WORKERS }, (_, index) => ({
      worker_id: `look_${turn}_${index + 1}`,
      instructions: `Look at part ${index + 1} of step ${turn} of inputs/orders.json: sum up the revenue of each region in the months ${turn} to ${turn + index + 3}, compare them with the year before, and name what stands out. Report figures, no guesses.`,
      output_contract: { required_fields: ['summary', 'figures'] },
    })),
  };
}

function finding(name: string): JsonObject {
  const figures = Object.fromEntries(
    Array.from({ length: 12 }, (_, month) => [`month_${month + 1}`, 1000 + name.length * month]),
  );
  return {
    summary: `${name}: revenue rises from month to month in all four regions; R3 leads with a third of the whole, R0 is last, and no month falls out of line.`,
    figures,
    confidence: 0.9,
  };
}

/** The questions of a manager that is told everything anew at each turn. */
async function rebuilt(store: ReturnType<typeof memoryStore>, run: string): Promise<string[]> {
  const state = emptyState(run);
  const surroundings = { box: undefined, tools: [], needsBox: new Set<string>() };
  const made: string[] = [];
  let system: string | undefined;
  for (let seq = 0; ; ) {
    const page = await store.read(run, seq);
    if (page.length === 0) return made;
    for (const event of page) {
      const { plan } = state;
      const frame = state.frames.get('0');
      if (event.type === 'model.asked' && event.agent === '0' && plan?.manager && frame) {
        system ??= event.data.messages[0]?.text;
        const told = Math.max(0, frame.turns.length - plan.manager.fullTurns);
        const user = managerStart({ plan, state, frame, surroundings }, { told }).slice(1);
        made.push(
          asText({ tools: [], messages: [{ role: 'system', text: system ?? '' }, ...user] }),
        );
      }
      fold(state, event);
      seq = event.seq;
    }
  }
}

using place = folder();
const store = memoryStore({ folder: place.path });
await new AgentWorkflow({
  task: 'Find out how revenue develops in each region and what stands out.',
  inputs: { orders: ORDERS, customers: CUSTOMERS },
  ...{ model: scriptedModel(script), store, stall: { enabled: false } },
  budget: { workers: 100, tokens: 10_000_000, tools: 1000 },
}).run({ runId: 'r-tokens' });

const ours = sentOf(asked.manager);
const theirs = sentOf(await rebuilt(store, 'r-tokens'));
const first = sentOf(asked.first);
const workers = sentOf([...asked.first, ...asked.later]);
const system = tokens(JSON.parse(ours[0]?.text.split('\n')[1] ?? '{}').text ?? '');

const figures: Figure[] = [
  { name: 'manager, fixed prompt', value: system, unit: 'tokens', aim: { atMost: 1800 } },
  ...ours.flatMap((sent, index): Figure[] => {
    const old = theirs[index] ?? sent;
    return [
      {
        ...{ name: `manager, question ${index + 1}`, value: sent.tokens, unit: 'tokens' },
        floor: { name: 'told all anew', value: old.tokens },
      },
      {
        ...{ name: `manager, question ${index + 1}, not in a cache`, unit: '%' },
        value: anew([sent]),
        floor: { name: 'told all anew', value: anew([old]) },
      },
    ];
  }),
  {
    ...{ name: 'manager, from question 2 on, not in a cache', unit: '%' },
    value: anew(ours.slice(1)),
    floor: { name: 'told all anew', value: anew(theirs.slice(1)) },
    aim: { atMost: 20 },
  },
  {
    ...{ name: 'manager, all, with cached ones at a tenth', unit: 'tokens' },
    value: price(ours),
    floor: { name: 'told all anew', value: price(theirs) },
  },
  {
    name: 'worker, first question',
    value: sum(first.map((one) => one.tokens)) / first.length,
    unit: 'tokens',
  },
  { name: 'workers, first questions, not in a cache', value: anew(first.slice(1)), unit: '%' },
  { name: 'workers, all questions, not in a cache', value: anew(workers.slice(1)), unit: '%' },
];
report(figures);
