import { parseExpression } from '../base/expression/parse.ts';
import { referencesOf } from '../base/expression/references.ts';
import { cyclesOf } from '../base/graph.ts';
import { nearest } from '../base/nearest.ts';
import { parseDuration } from '../base/time.ts';
import { RESERVED_STATE_KEYS } from '../models/common.ts';
import type {
  AgentGraphOptions,
  GraphNodeOptions,
  StateLimitsOptions,
} from './agent-graph-options.ts';
import { MAX_DEPTH } from './subworkflow-limits.ts';

/** Something that is wrong with a graph of a program. */
export interface GraphProblem {
  /** `nodes[2].dependsOn[0]`. */
  path: string;
  message: string;
  /** What to write instead. */
  help: string;
}

const ID = /^[A-Za-z_]\w{0,63}$/;

/** Names that expressions of each kind may use, as in workflow files. */
const STATE = ['state'] as const;

const NODE_OPTIONS: ReadonlySet<string> = new Set([
  ...([
    'id',
    'description',
    'run',
    'graph',
    'input',
    'output',
    'instructions',
    'role',
    'model',
  ] as const),
  ...([
    'fallbackModels',
    'temperature',
    'maxOutputTokens',
    'reasoning',
    'answer',
    'tools',
  ] as const),
  ...([
    'dependsOn',
    'when',
    'enabled',
    'shareInput',
    'shareOutput',
    'onFailure',
    'timeout',
  ] as const),
  ...(['retry', 'loop', 'fanOut', 'fanIn', 'approval'] as const),
] satisfies (keyof GraphNodeOptions)[]);

const GRAPH_OPTIONS: ReadonlySet<string> = new Set([
  ...([
    'name',
    'nodes',
    'description',
    'model',
    'mode',
    'maxParallel',
    'state',
    'stateLimits',
    'idleTimeout',
  ] as const),
  ...([
    'inputs',
    'budget',
    'outputDir',
    'home',
    'sandbox',
    'packages',
    'python',
    'durability',
  ] as const),
  ...([
    'skills',
    'approve',
    'toolPolicy',
    'evaluation',
    'forbiddenTools',
    'apiKey',
    'prices',
    'providers',
    'mcp',
  ] as const),
  ...([
    'secrets',
    'trust',
    'record',
    'replay',
    'traceModels',
    'store',
    'clock',
    'capabilities',
  ] as const),
] satisfies (keyof AgentGraphOptions)[]);

const STATE_LIMITS: ReadonlySet<string> = new Set([
  ...(['bytes', 'fieldBytes', 'fields'] as const),
] satisfies (keyof StateLimitsOptions)[]);

/** Everything that is wrong with a graph and its inner graphs, in the order of its nodes. */
export function graphProblems(options: AgentGraphOptions): GraphProblem[] {
  const check = new Check('', [options]);
  check.options(options);
  return check.problems;
}

class Check {
  readonly problems: GraphProblem[] = [];
  readonly #above: string;
  /** The graphs around the nodes and their own, outermost first. */
  readonly #around: readonly AgentGraphOptions[];

  constructor(above: string, around: readonly AgentGraphOptions[]) {
    this.#above = above;
    this.#around = around;
  }

  options(options: AgentGraphOptions): void {
    this.#known('', options, GRAPH_OPTIONS);
    const { name, nodes, maxParallel = 1, idleTimeout, stateLimits = {} } = options;
    if (typeof name !== 'string' || name.trim() === '')
      this.#say('name', 'it is missing', 'name the graph');
    if (!Array.isArray(nodes) || nodes.length === 0) {
      this.#say('nodes', 'there are no nodes', "write nodes: [{ id: 'first', run: () => ... }]");
      return;
    }
    if (!isCount(maxParallel))
      this.#say('maxParallel', 'it is no whole number of at least 1', 'write 4');
    this.#duration('idleTimeout', idleTimeout);
    this.#counts('stateLimits', stateLimits, STATE_LIMITS);
    this.#ids(nodes);
    for (const [index, node] of nodes.entries()) this.#node(node, `nodes[${index}]`, nodes);
    this.#cycles(nodes);
  }

  #say(path: string, message: string, help: string): void {
    this.problems.push({ path: `${this.#above}${path}`, message, help });
  }

  #known(path: string, options: object, known: ReadonlySet<string>): void {
    for (const name of Object.keys(options)) {
      if (known.has(name)) continue;
      const near = nearest(name, known);
      const help = near === undefined ? `known: ${[...known].join(', ')}` : `did you mean ${near}?`;
      this.#say(path === '' ? name : `${path}.${name}`, 'there is no such option', help);
    }
  }

  /** Options that are all whole numbers of at least 1. */
  #counts(path: string, options: object, known: ReadonlySet<string>): void {
    this.#known(path, options, known);
    for (const [name, value] of Object.entries(options)) {
      if (!known.has(name) || value === undefined || isCount(value)) continue;
      this.#say(`${path}.${name}`, 'it is no whole number of at least 1', 'write 1000000');
    }
  }

  #ids(nodes: readonly GraphNodeOptions[]): void {
    const seen = new Set<string>();
    for (const [index, { id }] of nodes.entries()) {
      const path = `nodes[${index}].id`;
      const text = JSON.stringify(id);
      if (typeof id !== 'string' || !ID.test(id) || RESERVED_STATE_KEYS.includes(id)) {
        this.#say(path, `${text} is no id`, 'letters, digits and _, at most 64, no digit first');
      } else if (seen.has(id)) this.#say(path, `there are two nodes ${id}`, 'give one another id');
      seen.add(id);
    }
  }

  #node(node: GraphNodeOptions, path: string, nodes: readonly GraphNodeOptions[]): void {
    this.#known(path, node, NODE_OPTIONS);
    const { run, graph, instructions, when, enabled, timeout, fanIn, fanOut, loop } = node;
    const kinds = [run, graph, instructions].filter((one) => one !== undefined).length;
    if (kinds !== 1) {
      const help = 'run is a function, instructions make an agent, graph is another graph';
      this.#say(path, `it needs one of run, instructions and graph, and has ${kinds}`, help);
    }
    this.#expression(`${path}.when`, when, STATE);
    this.#expression(`${path}.enabled`, typeof enabled === 'string' ? enabled : undefined, STATE);
    this.#expression(`${path}.loop.while`, loop?.while, ['state', 'result']);
    this.#expression(`${path}.fanIn.expr`, fanIn?.expr, ['acc', 'item', 'state']);
    this.#duration(`${path}.timeout`, timeout);
    if (loop && !isCount(loop.max))
      this.#say(`${path}.loop.max`, 'it is no whole number of at least 1', 'write 3');
    if (loop && fanOut)
      this.#say(path, 'it has loop and fanOut', 'put the loop into an inner graph');
    this.#retry(`${path}.retry`, node.retry);
    this.#dependencies(node, path, nodes);
    this.#fan(path, node);
    if (graph) this.#inner(`${path}.graph`, graph.options);
  }

  #fan(path: string, { fanOut, fanIn }: GraphNodeOptions): void {
    const { strategy, expr = '', tool = '' } = fanIn ?? {};
    if (fanOut && (typeof fanOut.over !== 'string' || fanOut.over.trim() === ''))
      this.#say(`${path}.fanOut.over`, 'there is no list', "name one: 'planner.topics'");
    if (fanIn && !fanOut)
      this.#say(`${path}.fanIn`, 'there is nothing to join', 'it goes with fanOut');
    if (strategy === 'reduce' && expr.trim() === '')
      this.#say(`${path}.fanIn.expr`, 'reduce needs it', "such as 'acc.count + item.count'");
    if (strategy === 'custom' && tool.trim() === '')
      this.#say(`${path}.fanIn.tool`, 'custom needs it', 'name the tool that joins the results');
  }

  #inner(path: string, options: AgentGraphOptions): void {
    if (this.#around.includes(options)) {
      this.#say(path, 'the graph contains itself', 'repeat a node with loop instead');
    } else if (this.#around.length > MAX_DEPTH) {
      this.#say(path, `graphs are at most ${MAX_DEPTH} inside of each other`, 'make one of two');
    } else {
      const check = new Check(`${this.#above}${path}.`, [...this.#around, options]);
      check.options(options);
      this.problems.push(...check.problems);
    }
  }

  #retry(path: string, retry: GraphNodeOptions['retry']): void {
    if (retry === undefined) return;
    const { attempts, base, max } = typeof retry === 'number' ? { attempts: retry } : retry;
    if (!isCount(attempts))
      this.#say(path, 'attempts are no whole number of at least 1', 'write 2');
    this.#duration(`${path}.base`, base);
    this.#duration(`${path}.max`, max);
  }

  #dependencies(
    { id: own, dependsOn = [] }: GraphNodeOptions,
    path: string,
    nodes: readonly GraphNodeOptions[],
  ): void {
    const ids = dependsOn.length > 0 ? this.#idsOf(nodes) : new Set<string>();
    for (const [index, one] of dependsOn.entries()) {
      const at = `${path}.dependsOn[${index}]`;
      const id = typeof one === 'string' ? one : one.id;
      if (typeof one !== 'string') this.#expression(`${at}.when`, one.when, STATE);
      if (ids.has(id) && id !== own) continue;
      const near = nearest(id, ids);
      const help = near === undefined ? 'name a node of this graph' : `did you mean ${near}?`;
      this.#say(at, id === own ? 'it waits for itself' : `there is no node ${id}`, help);
    }
  }

  /** Made once for a graph, however many nodes ask. */
  #nodeIds: ReadonlySet<string> | undefined;

  #idsOf(nodes: readonly GraphNodeOptions[]): ReadonlySet<string> {
    this.#nodeIds ??= new Set(nodes.map(({ id }) => id));
    return this.#nodeIds;
  }

  #cycles(nodes: readonly GraphNodeOptions[]): void {
    const edges = new Map(
      nodes.map(({ id, dependsOn = [] }) => [
        id,
        dependsOn
          .map((one) => (typeof one === 'string' ? one : one.id))
          .filter((one) => one !== id),
      ]),
    );
    for (const cycle of cyclesOf(edges)) {
      const index = nodes.findIndex(({ id }) => id === cycle[0]);
      this.#say(
        `nodes[${index}].dependsOn`,
        `nodes wait for each other: ${[...cycle].reverse().join(' > ')}`,
        'take one of these dependencies away',
      );
    }
  }

  #expression(path: string, text: string | undefined, names: readonly string[]): void {
    if (text === undefined) return;
    const parsed = parseExpression(text);
    if (!parsed.ok) {
      this.#say(path, parsed.error.message, parsed.error.help);
      return;
    }
    const unknown = referencesOf(parsed.expression).find(({ name }) => !names.includes(name));
    if (unknown) this.#say(path, `there is no ${unknown.name} here`, `known: ${names.join(', ')}`);
  }

  #duration(path: string, said: number | string | undefined): void {
    if (said === undefined) return;
    const milliseconds = typeof said === 'string' ? parseDuration(said) : said;
    if (milliseconds !== undefined && Number.isFinite(milliseconds) && milliseconds >= 0) return;
    this.#say(path, `${JSON.stringify(said)} is no time`, "milliseconds, or a text such as '2m'");
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1;
}
