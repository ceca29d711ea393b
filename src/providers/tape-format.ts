import { sha256 } from '../base/hash.ts';
import {
  canonicalJson,
  isObject,
  type Json,
  type JsonObject,
  listedTexts,
  parseJson,
} from '../base/json.ts';
import type { Usage } from '../events/event.ts';
import { ModelError } from '../ports/model-provider.ts';
import { isAmount, isSoundAnswer, isSoundFacts, isSoundUsage } from './tape-values.ts';

/** The version of tapes that this program writes; it reads no newer one. */
const TAPE_VERSION = 1;

/** Bytes of a whole tape: more is neither recorded nor read. */
export const MAX_TAPE_BYTES = 256 * 1024 * 1024;
/** Of one line: a long conversation and an answer of 8 MB. */
const LINE_LIMITS = { maxLength: 64 * 1024 * 1024, maxDepth: 80 };

/** A model of a recording, with what was known of it besides its provider: its price above all. */
export interface TapeModel {
  /** The model string, as the user wrote it. */
  name: string;
  /** Name of the provider. */
  service: string;
  facts: JsonObject;
}

/** The models of a recording by role, with those that stood behind them. */
export interface TapeRoles {
  manager: string;
  worker: string;
  /** Left out: none. */
  fallback?: { manager: readonly string[]; worker: readonly string[] };
}

/** The first line of a tape. */
export interface TapeHeader {
  /** Version of the program that recorded it. */
  program: string;
  /** When the recording began: ISO 8601, UTC. */
  recorded: string;
  /** When the run that was recorded began: ISO 8601, UTC. Left out by older versions: as `recorded`. */
  began?: string;
  /** The run that was recorded; left out for a provider of a test. */
  run?: string;
  /** What to ask when a replay names no model. */
  roles?: TapeRoles;
  models: readonly TapeModel[];
}

/** A failure as it was told. */
export interface TapeFailure {
  code: string;
  message: string;
  hint?: string;
  retryAfterMs?: number;
  usage?: Usage;
}

/** One question and what came of it. */
export interface TapeCall {
  /** SHA-256 of `request` as canonical JSON. */
  key: string;
  /** Place among the answers to the same question of the same agent, from 1. */
  attempt: number;
  /** Who asked, in words: `manager`, or a worker's id. */
  agent: string;
  /** What of the question is the same in each run, without secrets. */
  request: JsonObject;
  /** Time until the answer was whole, in milliseconds. */
  ms: number;
  /** Lengths of the pieces that it came in, in characters; left out when it came whole. */
  pieces?: readonly number[];
  /** The answer; or else a failure. */
  answer?: JsonObject;
  failure?: TapeFailure;
}

/** A whole tape. */
export interface Tape {
  header: TapeHeader;
  calls: readonly TapeCall[];
  /** Text of its whole lines: what a broken-off recording can be continued behind. */
  sound: string;
}

/** The key of a question. */
export function keyOf(request: JsonObject): string {
  return sha256(canonicalJson(request));
}

/** The header as a line. */
export function headerLine({ program, recorded, began, run, roles, models }: TapeHeader): string {
  return line({
    ...{ type: 'tape', version: TAPE_VERSION, program, recorded },
    ...(began !== undefined && { began }),
    ...(run !== undefined && { run }),
    ...(roles && { roles: rolesJson(roles) }),
    simulated: models.length > 0 && models.every(({ facts }) => facts.simulated === true),
    models: models.map((model) => ({ ...model })),
  });
}

function rolesJson({ manager, worker, fallback }: TapeRoles): JsonObject {
  const lists = fallback && { manager: [...fallback.manager], worker: [...fallback.worker] };
  return { manager, worker, ...(lists && { fallback: lists }) };
}

/** A model that was found after the header was written, as a line. */
export function modelLine(model: TapeModel): string {
  return line({ type: 'model', ...model });
}

/** A call as a line. */
export function callLine({ pieces, answer, failure, ...call }: TapeCall): string {
  return line({
    ...{ type: 'call', ...call },
    ...(pieces && { pieces: [...pieces] }),
    ...(answer && { answer }),
    ...(failure && { failure: failureJson(failure) }),
  });
}

function failureJson({ usage, ...failure }: TapeFailure): JsonObject {
  return { ...failure, ...(usage && { usage: { ...usage } }) };
}

function line(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}

/**
 * Reads a tape. What a crash cut off at its end is left out; a last line that lacks only its end is
 * kept. Throws `model/tape-damaged` with the line, `model/tape-newer`.
 */
export function readTape(text: string, file: string): Tape {
  const sound = wholeLines(text);
  const [first = '', ...rest] = sound.split('\n').slice(0, -1);
  const header = readHeader(first, file);
  const models = [...header.models];
  const calls: TapeCall[] = [];
  for (const [index, said] of rest.entries()) {
    const reader: Reader = { file, number: index + 2 };
    const value = objectIn(said, reader);
    if (value.type === 'call') calls.push(readCall(value, reader));
    else if (value.type === 'model') models.push(readModel(value, reader));
    else throw damaged(reader, 'is of a kind that no tape has');
  }
  return { header: { ...header, models }, calls, sound };
}

function wholeLines(text: string): string {
  const end = text.lastIndexOf('\n') + 1;
  const last = text.slice(end);
  if (last !== '' && isObject(parseJson(last, LINE_LIMITS))) return `${text}\n`;
  return text.slice(0, end);
}

interface Reader {
  file: string;
  number: number;
}

function readHeader(said: string, file: string): TapeHeader {
  const reader = { file, number: 1 };
  const header = objectIn(said, reader);
  const { type, version, program, recorded, began, run, roles, models } = header;
  if (type !== 'tape' || !isAmount(version) || version < 1)
    throw damaged(reader, 'is no head of a tape');
  if (version > TAPE_VERSION) throw newer(file, textOr(program, 'a newer version'));
  const when = textOr(recorded, '');
  if (!Number.isFinite(Date.parse(when))) throw damaged(reader, 'has no date');
  if (!Array.isArray(models)) throw damaged(reader, 'names no models');
  return {
    program: textOr(program, 'unknown'),
    recorded: when,
    ...(typeof began === 'string' && Number.isFinite(Date.parse(began)) && { began }),
    ...(typeof run === 'string' && { run }),
    ...readRoles(roles),
    models: models.map((model) => readModel(isObject(model) ? model : {}, reader)),
  };
}

function readRoles(roles: Json | undefined): Pick<TapeHeader, 'roles'> {
  const { manager, worker, fallback } = isObject(roles) ? roles : {};
  if (typeof manager !== 'string' || typeof worker !== 'string') return {};
  if (!isObject(fallback)) return { roles: { manager, worker } };
  const lists = { manager: listedTexts(fallback.manager), worker: listedTexts(fallback.worker) };
  return { roles: { manager, worker, fallback: lists } };
}

function readModel({ name, service, facts }: JsonObject, reader: Reader): TapeModel {
  if (typeof name !== 'string' || typeof service !== 'string' || !isObject(facts)) {
    throw damaged(reader, 'names a model that cannot be understood');
  }
  if (!isSoundFacts(facts)) throw damaged(reader, `says of ${name} what cannot be`);
  return { name, service, facts };
}

function readCall(value: JsonObject, reader: Reader): TapeCall {
  const { key, attempt, agent, request, ms, pieces, answer, failure } = value;
  if (typeof key !== 'string' || !isObject(request)) throw damaged(reader, 'has no question');
  if (keyOf(request) !== key) throw damaged(reader, 'has a question that does not fit its key');
  if (!isObject(answer) && !isObject(failure)) throw damaged(reader, 'has no answer');
  if (isObject(answer) && !isSoundAnswer(answer)) {
    throw damaged(reader, 'has an answer that cannot be one');
  }
  return {
    ...{ key, request, attempt: amount(attempt), agent: textOr(agent, ''), ms: amount(ms) },
    ...(Array.isArray(pieces) && { pieces: pieces.map(amount) }),
    ...(isObject(answer) ? { answer } : { failure: readFailure(failure, reader) }),
  };
}

function readFailure(value: Json | undefined, reader: Reader): TapeFailure {
  const { code, message, hint, retryAfterMs, usage } = isObject(value) ? value : {};
  if (typeof code !== 'string' || !/^[a-z]+\/[\w-]+$/.test(code)) {
    throw damaged(reader, 'has a failure without a code');
  }
  const waits = retryAfterMs === undefined || isAmount(retryAfterMs);
  if (!waits || (usage !== undefined && !isSoundUsage(usage))) {
    throw damaged(reader, 'has a failure that cannot be one');
  }
  return {
    code,
    message: textOr(message, ''),
    ...(typeof hint === 'string' && { hint }),
    ...(isAmount(retryAfterMs) && { retryAfterMs }),
    ...(usage !== undefined && isSoundUsage(usage) && { usage }),
  };
}

function objectIn(said: string, reader: Reader): JsonObject {
  const value = parseJson(said, LINE_LIMITS);
  if (isObject(value)) return value;
  throw damaged(reader, said === '' ? 'is empty' : 'is no JSON object');
}

function textOr(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function amount(value: Json | undefined): number {
  return isAmount(value) ? value : 0;
}

function damaged({ file, number }: Reader, problem: string): ModelError {
  return new ModelError('model/tape-damaged', `line ${number} of the tape ${file} ${problem}`, {
    hint: 'take the tape from where it came from again, or record it anew with --record',
  });
}

function newer(file: string, program: string): ModelError {
  return new ModelError('model/tape-newer', `the tape ${file} was recorded by ${program}`, {
    hint: 'update awp-agents, or record the tape anew with this version',
  });
}
