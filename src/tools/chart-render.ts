import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { normalPath, pathProblem, suffixOf } from '../base/paths.ts';
import type { Execution, Sandbox, SandboxFile, SandboxJob } from '../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { type Prepared, withFiles } from './chart/data-files.ts';
import { type PictureSize, pngSize, svgSize } from './chart/picture.ts';
import { drawingProgram, type Said } from './chart/program.ts';
import { specProblem } from './chart/spec.ts';
import { limitWords } from './limit-words.ts';
import { failure, success, textOf } from './results.ts';

/** Time that the box needs to hand the picture back, out of the time for the call. */
const TIME_TO_COLLECT_MS = 500;
/** Longest side of a picture: a view may be repeated, and have legends and titles around it. */
const MOST_PIXELS = 16_000;
const WARNINGS = 20;
const WORDS_CHARS = 500;
/** What a PNG has at most; the renderer draws larger ones smaller. */
const MOST_PNG_SIDE = 4096;
const USUAL_FILE = 'chart.png';

/** `chart.render`: a picture of a Vega-Lite spec, drawn in the box of the run. */
export const chartRender: Tool = {
  name: 'chart.render',
  description:
    'Draw a Vega-Lite 6 spec to a PNG or SVG file below output/, which is handed to the user. Data stands in the spec (data.values) or data.url is the path of a CSV, TSV, JSON or NDJSON file below inputs/, shared/ or output/; web addresses are not loaded.',
  parameters: {
    type: 'object',
    properties: {
      spec: { type: 'object', description: 'the Vega-Lite spec' },
      file: {
        type: 'string',
        minLength: 1,
        default: USUAL_FILE,
        description: 'e.g. sales.png or charts/sales.svg',
      },
      format: { enum: ['svg', 'png'], description: 'as the name of the file ends when left out' },
    },
    required: ['spec'],
    additionalProperties: false,
  },
  idempotent: true,
  needsBox: true,
  timeoutMs: 60_000,
  run: render,
};

interface Target {
  /** Below `output/`. */
  path: string;
  format: 'svg' | 'png';
}

async function render(args: JsonObject, context: ToolContext): Promise<ToolResult> {
  const spec = isObject(args.spec) ? args.spec : {};
  const target = targetOf(textOf(args, 'file') ?? USUAL_FILE, textOf(args, 'format'));
  if ('problem' in target) return failure(target.status, target.problem);
  const problem = specProblem(spec);
  if (problem?.status === 403) context.denied(problem.message, 'input.refused');
  if (problem) return failure(problem.status, problem.message);
  const prepared = await withFiles(spec, context.workspace);
  if ('status' in prepared) return failure(prepared.status, prepared.message);
  const sandbox = await context.sandbox();
  if (!sandbox.languages.some(({ language }) => language === 'javascript')) {
    return failure(503, noJavaScript(sandbox));
  }
  const job = await jobOf(prepared, target, context);
  const execution = await sandbox.run(job, context.signal);
  // A call that nobody waits for any more has no result; whoever stopped it says why.
  context.signal.throwIfAborted();
  return await resultOf(execution, { job, target }, context);
}

function targetOf(
  given: string,
  format: string | undefined,
): Target | { status: number; problem: string } {
  const problem = pathProblem(given);
  if (problem !== undefined)
    return { status: 403, problem: `${JSON.stringify(given)}: ${problem}` };
  const [first = '', ...rest] = normalPath(given).split('/');
  if (first === 'inputs' || first === 'shared') {
    return { status: 403, problem: `${given} cannot be written: only files below output/ can` };
  }
  const path = (first === 'output' ? rest : [first, ...rest]).join('/');
  const suffix = suffixOf(path);
  const wanted = format ?? suffix;
  if (path === '' || (wanted !== 'svg' && wanted !== 'png')) {
    return { status: 400, problem: `${given}: the name must end with .png or .svg` };
  }
  if (suffix === wanted) return { path, format: wanted };
  if (suffix === 'svg' || suffix === 'png') {
    return { status: 400, problem: `${given} does not end with .${wanted}, the format` };
  }
  return { path: `${path}.${wanted}`, format: wanted };
}

function noJavaScript({ languages, name }: Sandbox): string {
  const there = languages.map(({ language }) => language).join(', ') || 'no language';
  return `tool/not-configured: charts are drawn by JavaScript, and the sandbox (${name}) of this run has ${there}`;
}

async function jobOf(
  { spec, files, paths }: Extract<Prepared, { spec: JsonObject }>,
  { format }: Target,
  { workspace, sandboxPolicy: policy, timeoutMs }: ToolContext,
): Promise<SandboxJob> {
  const left = Math.max(1, timeoutMs - TIME_TO_COLLECT_MS);
  const own = [...paths].some((path) => path.startsWith('output/')) ? await workspace.output() : [];
  return {
    language: 'javascript',
    code: drawingProgram({ spec, files, format, name: DRAWN }),
    timeoutMs: Math.floor(Math.min(policy.timeoutMs, left)),
    policy,
    inputs: workspace.inputs,
    shared: workspace.shared,
    output: own.filter(({ path }) => paths.has(`output/${path}`)),
  };
}

/** Name of the picture in the box, whatever it is called outside; a file that is read has a suffix. */
const DRAWN = 'drawn/picture';

async function resultOf(
  execution: Execution,
  { job, target }: { job: SandboxJob; target: Target },
  { workspace }: ToolContext,
): Promise<ToolResult> {
  const stop = stopProblem(execution, job);
  if (stop) return stop;
  const said = saidBy(execution.stdout);
  if (said === undefined) return crashed(execution);
  if ('error' in said) return failure(400, `the chart cannot be drawn: ${words(said.error)}`);
  const drawn = execution.files.find(({ path }) => path === `${DRAWN}.${target.format}`);
  const size = drawn && sizeOf(drawn, target);
  if (!drawn || !size) return failure(500, 'the box handed no picture back');
  const whole = wholeSize(execution.files) ?? size;
  if (Math.max(whole.width, whole.height) > MOST_PIXELS) {
    const problem = `the chart would have ${whole.width} x ${whole.height} pixels, at most ${MOST_PIXELS} a side can be: show fewer parts, or smaller ones`;
    return failure(400, problem);
  }
  const { path, bytes } = await workspace.write(target.path, drawn.bytes);
  const warnings = [...said.warnings, ...shrunk(target, whole)].slice(0, WARNINGS).map(words);
  return success({ file: path, format: target.format, bytes, ...size, warnings });
}

function stopProblem(
  { stopped }: Execution,
  { policy, timeoutMs }: SandboxJob,
): ToolResult | undefined {
  if (stopped === undefined) return undefined;
  if (stopped === 'timeout') {
    return failure(408, `drawing was stopped after ${timeoutMs / 1000} s: give it less data`);
  }
  return failure(400, `drawing was stopped: ${limitWords(stopped, policy)}`);
}

/** What the program said; undefined when it could not even say that it failed. */
function saidBy(stdout: string): Said | undefined {
  let said: Json;
  try {
    said = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  if (!isObject(said)) return undefined;
  if (typeof said.error === 'string') return { error: said.error };
  if (!Array.isArray(said.warnings)) return undefined;
  return { warnings: said.warnings.map(String) };
}

/** A program that ended without a word: it has no kit, or no room for it. */
function crashed({ stderr, limits }: Execution): ToolResult {
  if (/Cannot find package 'kit'/.test(stderr)) {
    const problem =
      'charts need the data kit, which is not there: run npm run build, or install the package again';
    return failure(503, `tool/not-configured: ${problem}`);
  }
  const met = limits.length > 0 ? ` (limits met: ${limits.join(', ')})` : '';
  return failure(500, `the chart could not be drawn${met}`);
}

const words = (text: string): string =>
  text.length > WORDS_CHARS ? `${text.slice(0, WORDS_CHARS).toWellFormed()}...` : text;

function sizeOf({ bytes }: SandboxFile, { format }: Target): PictureSize | undefined {
  return format === 'png' ? pngSize(bytes) : svgSize(bytes);
}

/** The size of the drawing, before it becomes pixels. */
function wholeSize(files: readonly SandboxFile[]): PictureSize | undefined {
  const drawing = files.find(({ path }) => path === `${DRAWN}.svg`);
  return drawing && svgSize(drawing.bytes);
}

/** The renderer makes two pixels of one, as far as its longest side allows. */
function shrunk({ format }: Target, { width, height }: PictureSize): string[] {
  const longest = Math.max(width, height) * 2;
  if (format === 'svg' || longest <= MOST_PNG_SIDE) return [];
  return [
    `the PNG is drawn smaller than twice ${width} x ${height}: its longest side has ${MOST_PNG_SIDE} pixels`,
  ];
}
