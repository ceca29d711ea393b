import { AwpError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Message } from '../../events/event.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { Frame } from '../../events/state.ts';
import { boxSection, programLines } from '../agent/box-prompt.ts';
import { findings } from '../agent/findings.ts';
import { inputsJson } from '../agent/inputs-json.ts';
import type { Surroundings } from '../agent/parts/look.ts';
import { correction, summarise } from '../agent/prompt.ts';
import { section, sections } from '../agent/sections.ts';
import { sharedWith } from '../agent/shared-files.ts';
import { skillKnowledge } from '../agent/skills.ts';
import { codemodeOf } from '../codemode/codemode.ts';
import { codemodeSections, programAgain, solveRules } from '../codemode/prompt.ts';
import type { RunContext } from '../context.ts';
import { agentOf } from '../plan-parts.ts';
import { toolsInside } from '../tools/inner-calls.ts';
import { RUNS_PROGRAMS } from '../tools/policy.ts';
import { type ContextEntries, type ContextFile, contextEntries } from './context-entries.ts';
import { DataText } from './data-text.ts';
import { asText, fillIn, type Lookup } from './fill-in.ts';
import { hideSensitive } from './hide-fields.ts';
import { imagesFor, type SeenImages } from './images.ts';
import { preprocessed } from './preprocess.ts';
import { type NodeFacts, promptLookup, textsIn } from './prompt-values.ts';
import { visibleItem, visibleState } from './visible.ts';

/** Rounds of a loop that a prompt tells of besides the last. */
const TOLD_ROUNDS = 20;

/** The first question to the agent of a node. */
export interface NodeStart {
  messages: readonly Message[];
  /** What the prompt names below `inputs/context/`: to be kept before the question is recorded. */
  files: readonly ContextFile[];
}

type Parts = Pick<RunContext, 'plan' | 'state' | 'surroundings' | 'tools'>;

/**
 * The conversation of a node's agent before its first answer (runtime 2.9 and 2.10, surfaces 6.5): its
 * system prompt and skills; then what it may see of earlier results, its own fragments, the inputs,
 * the form of its answer and the task. Throws `internal/bug` for a frame that is no node's agent.
 */
export function nodeStart(parts: Parts, frame: Frame): NodeStart {
  const facts = factsOf(parts, frame);
  const telling = new Telling(parts, frame, facts);
  return { messages: telling.messages(), files: telling.entries.files };
}

/** What an agent of a node is told when its answer does not do, or when it can call no more tools. */
export function nodeFollowUp(
  { codemode, output: { format, retryPrompt } }: PlanAgent,
  purpose: 'repair' | 'summary',
  reason: string,
): string {
  if (purpose === 'repair' && retryPrompt !== undefined) {
    const told = fillIn(retryPrompt, ([name]) => (name === 'problems' ? reason : undefined));
    return told === retryPrompt ? `${retryPrompt}\n\n${reason}` : told;
  }
  if (codemode && purpose === 'repair') return programAgain(reason);
  if (format === 'json') return purpose === 'repair' ? correction(reason) : summarise(reason);
  return purpose === 'repair'
    ? `Your answer was not accepted: ${reason}\n\nAnswer again with the text itself and nothing else.`
    : `${reason} No more tools can be called. Answer now, from what you have, with the text itself; say in it what is missing.`;
}

function factsOf({ plan, state }: Parts, frame: Frame): NodeFacts {
  const graph = state.graphs.get(frame.parent ?? '');
  const node = graph?.nodes.get(frame.node?.id ?? '');
  if (!graph || !node || !frame.node) {
    throw new AwpError('internal/bug', `the agent ${frame.name} is of no node`);
  }
  const agent = agentOf(plan, frame);
  const { id } = node.plan;
  const { values } = visibleState(state, graph, id);
  const { task } = plan;
  const round = frame.node.round ?? 1;
  const before = round > 1 ? node.rounds.at(-1)?.output : undefined;
  return {
    ...{ plan, graph, node, agent, run: frame.node, task },
    values: { ...earlier(values, { own: id, task }), ...preparedValues(frame) },
    item: visibleItem(state, graph, frame.node),
    last: before && hideSensitive({ node: id, agent }, graph.plan.state.sharing, before),
    ...{ startedAt: state.startedAt, runId: state.run },
  };
}

/** What its preprocessors made of what it sees, under a key of its own. */
function preparedValues(frame: Frame): JsonObject {
  const made = preprocessed(frame);
  return made ? { preprocessed: made } : {};
}

/** What others made: its own last result and the task are told apart from it. */
function earlier(values: JsonObject, { own, task }: { own: string; task: string }): JsonObject {
  return Object.fromEntries(
    Object.entries(values).filter(([key, value]) => {
      return key !== own && !(key === 'task' && value === task);
    }),
  );
}

/** One prompt while it is made. */
class Telling {
  readonly entries: ContextEntries;
  readonly #parts: Parts;
  readonly #frame: Frame;
  readonly #facts: NodeFacts;
  readonly #inputs: string;
  readonly #images: SeenImages;
  readonly #data: DataText;
  readonly #fill: (text: string) => string;
  #toldContext = false;

  constructor(parts: Parts, frame: Frame, facts: NodeFacts) {
    this.#parts = parts;
    this.#frame = frame;
    this.#facts = facts;
    const { plan, graph, agent, values, task, item, last, run } = facts;
    this.#inputs = inputsJson(plan.inputs);
    this.#images = imagesFor(plan, agent);
    const own: JsonObject = last ? { [LAST]: last } : {};
    const taken = plan.inputs.flatMap(({ path }) => path?.replace(/^context\//, '') ?? []);
    this.entries = contextEntries({ ...values, ...own }, graph.plan.context, taken);
    const outside = [values, item, last, run.said, this.#rounds()].flatMap(textsIn);
    this.#data = new DataText([task, this.#inputs, ...outside]);
    const lookup: Lookup = promptLookup(facts, this.#data, () => this.#context() ?? '');
    this.#fill = (text) => fillIn(text, lookup);
  }

  messages(): Message[] {
    const system = this.#system();
    const user = this.#user();
    const { images } = this.#images;
    const text = sections([this.#data.note, user]);
    return [
      { role: 'system', text: system },
      { role: 'user', text, ...(images.length > 0 && { images }) },
    ];
  }

  #system(): string {
    const { surroundings, plan } = this.#parts;
    const { tools } = this.#frame;
    const canRun = surroundings.box !== undefined && tools.includes(RUNS_PROGRAMS);
    return sections([
      ...this.#inOrder({ system: () => this.#role(), skills: () => this.#skills(surroundings) }),
      tools.length > 0 && section('Files', FILE_RULES),
      ...(this.#codemode() ?? [
        canRun && boxSection(surroundings.box, plan.sandbox),
        canRun && this.#programs(surroundings),
      ]),
    ]);
  }

  /** What stands there instead of definitions of tools. */
  #codemode(): string[] | undefined {
    const { plan, tools, surroundings } = this.#parts;
    const codemode = codemodeOf(plan, this.#frame);
    if (!codemode) return undefined;
    const { box, needsBox } = surroundings;
    return codemodeSections({ plan, frame: this.#frame, box, needsBox, tools }, codemode);
  }

  #role(): string {
    const { prompt, role, description } = this.#facts.agent;
    return prompt.system.trim() === ''
      ? [role && `You are ${role}.`, description].filter(Boolean).join(' ')
      : this.#fill(prompt.system.trim());
  }

  #skills({ skillTexts }: Surroundings): string | undefined {
    const knowledge = skillKnowledge(this.#facts.agent.skills, skillTexts);
    return knowledge === undefined ? undefined : section('Domain knowledge', knowledge);
  }

  #programs({ box, needsBox }: Surroundings): string | undefined {
    if (!box) return undefined;
    const inside = toolsInside(needsBox, this.#frame);
    return section('Programs', programLines(box, inside, this.#parts.plan.sandbox));
  }

  #user(): string {
    const { agent, node } = this.#facts;
    const { user } = agent.prompt;
    // First, because it may say where the earlier results stand.
    const task = user === undefined ? this.#task() : this.#fill(user.trim());
    const additional = (): string =>
      agent.prompt.fragments.map(({ text }) => this.#fill(text.trim())).join('\n\n');
    const added = additional();
    return sections([
      ...this.#inOrder({
        context: () => (this.#toldContext ? undefined : this.#context()),
        additional: () => added,
      }),
      this.#inputsSection(),
      this.#sharedSection(),
      node.plan.description !== '' && section('Your step', node.plan.description),
      this.#itemSection(),
      this.#roundSection(),
      section('Your answer', answerRules(agent)),
      task,
    ]);
  }

  /** Parts in the order of the author's file; what it does not name comes after the others. */
  #inOrder(
    parts: Partial<Record<PlanAgent['prompt']['order'][number], () => string | undefined>>,
  ): (string | undefined)[] {
    const order = [...new Set([...this.#facts.agent.prompt.order, ...STANDARD_ORDER])];
    return order.map((part) => parts[part]?.());
  }

  #context(): string | undefined {
    this.#toldContext = true;
    const { shown, named, more } = this.entries;
    const blocks = shown
      .filter(({ key }) => key !== LAST)
      .map((entry) => `### ${oneLine(entry.key)}\n${this.#entry(entry)}`);
    const lines = named.map(
      ({ key, file, chars }) => `- ${oneLine(key)}: ${chars} characters, ${this.#where(file)}`,
    );
    if (more > 0) lines.push(`- ${more} more`);
    const all = [...blocks, lines.join('\n')].filter((one) => one !== '');
    return all.length === 0 ? undefined : section('Earlier results', all.join('\n\n'));
  }

  #entry({ text, chars, file }: ContextEntries['shown'][number]): string {
    const block = this.#data.block(text);
    if (file === undefined) return block;
    return `${block}\nThese are the first ${text.length} of ${chars} characters: ${this.#where(file)}.`;
  }

  /** Where the whole text is, for an agent that can read files. */
  #where(file: string): string {
    return this.#frame.tools.length > 0
      ? `all of it is in inputs/context/${file}`
      : 'there was no room for more';
  }

  #inputsSection(): string | undefined {
    const { plan } = this.#facts;
    if (plan.inputs.length === 0) return undefined;
    const { images, left } = this.#images;
    const lines = [
      images.length > 0 && `You see these images: ${images.map(({ path }) => path).join(', ')}.`,
      ...left.map(({ path, reason }) => `You do not see ${path}: ${reason}.`),
    ];
    const told = [this.#data.block(this.#inputs), ...lines].filter((line) => line !== false);
    return section('Inputs', told.join('\n'));
  }

  #sharedSection(): string | undefined {
    if (this.#frame.tools.length === 0) return undefined;
    const files = sharedWith(this.#parts.state, this.#frame);
    return files.length === 0 ? undefined : section('Files in shared/', JSON.stringify(files));
  }

  #itemSection(): string | undefined {
    const { run, item, node } = this.#facts;
    if (run.instance === undefined) return undefined;
    const { variable } = node.plan.fanOut ?? {};
    const title = `Item ${run.instance + 1}${variable ? `, \`${variable}\`` : ''}`;
    if (item === undefined) return section(title, 'It may not be shown to you.');
    return section(
      title,
      `You are asked about this item alone.\n${this.#data.block(asText(item))}`,
    );
  }

  #roundSection(): string | undefined {
    const { run, node } = this.#facts;
    if (run.round === undefined || run.round < 2) return undefined;
    const last = this.entries.shown.find(({ key }) => key === LAST);
    const rounds = this.#rounds();
    return sections([
      section('Round', `${run.round} of at most ${node.plan.repeat?.max ?? run.round}`),
      rounds.length > 0 &&
        section('Earlier rounds', this.#data.block(rounds.map(String).join('\n'))),
      last && section('Your last result', this.#entry(last)),
      run.said !== undefined &&
        asText(run.said).trim() !== '' &&
        section('What a person said of it', this.#data.block(asText(run.said))),
    ]);
  }

  /** One line for each round before the last. */
  #rounds(): string[] {
    const { node, agent, graph } = this.#facts;
    const { sharing } = graph.plan.state;
    const first = Math.max(0, node.rounds.length - 1 - TOLD_ROUNDS);
    return node.rounds.slice(first, -1).map(({ output }, index) => {
      const told = findings(hideSensitive({ node: node.plan.id, agent }, sharing, output));
      return `${first + index + 1}: ${told}`;
    });
  }

  #task(): string {
    return section('Task', this.#data.block(this.#facts.task, 'task'));
  }
}

/** Key of the last result among the entries of a prompt; no key of a state begins so. */
const LAST = '\0last';

const STANDARD_ORDER: PlanAgent['prompt']['order'] = [
  ...(['system', 'skills', 'memory', 'messages', 'context', 'additional'] as const),
];

const FILE_RULES = `Programs start in a folder with \`inputs/\` (read-only), \`shared/\` (read-only: files of agents before you) and \`output/\`; tools take the same paths. Whatever is written below \`output/\` is handed to the user and is there again for your next program.`;

function answerRules(agent: PlanAgent): string {
  const rules = textRules(agent);
  return agent.codemode ? solveRules(rules, agent) : rules;
}

function textRules({ codemode, output }: PlanAgent): string {
  const { format, required, schema, fieldNotes } = output;
  if (codemode && format !== 'json') return 'Nothing else is in it: no JSON, no code fence.';
  if (format === 'text') {
    return 'Answer with the text itself and nothing else: no JSON, no code fence around it.';
  }
  if (format === 'markdown') {
    return 'Answer with the text itself, in Markdown, and nothing else: no JSON, no code fence around it.';
  }
  const fields = [...new Set([...required, 'confidence'])];
  return [
    !codemode && 'Finish with exactly one JSON object and nothing else.',
    `Required fields: ${fields.map((field) => JSON.stringify(field)).join(', ')}.`,
    '"confidence" is a number from 0 to 1: how sure you are of your answer.',
    fieldNotes,
    schema && `JSON Schema: ${JSON.stringify(schema)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** A key within a heading. */
function oneLine(key: string): string {
  return key.replace(/\s+/g, ' ').slice(0, 200);
}
