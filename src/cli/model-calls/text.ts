import { formatDuration } from '../../base/time.ts';
import type { Message, ToolCall } from '../../events/event.ts';
import type { CallTrace, TracedExchange } from '../../runtime/model-trace.ts';
import { reasoningIn } from '../../runtime/wire-text.ts';
import { drawLine, type Span } from '../line.ts';
import { formatTokens } from '../progress/figures.ts';
import type { Style, Tone } from '../style.ts';
import { block, oneLine, pad, widthOf } from '../text.ts';
import type { CallAttempt, CallStatus } from './collect.ts';

const TONES: Readonly<Record<CallStatus, Tone>> = {
  answered: 'ok',
  failed: 'bad',
  out: 'busy',
  interrupted: 'warn',
};

/** The calls as lines of a table: id, attempt, agent, purpose, outcome, time, tokens, model. */
export function callLines(
  attempts: readonly CallAttempt[],
  traced: ReadonlySet<string>,
  { columns, style }: { columns: number; style: Style },
): string[] {
  const rows = attempts.map((one) => ({ one, cells: cellsOf(one) }));
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(0, ...rows.map(({ cells }) => widthOf(cells[column] ?? ''))),
  );
  return rows.map(({ one, cells }) => {
    const [id = '', agent = '', purpose = '', status = '', figures = ''] = cells.map(
      (cell, column) => pad(cell, widths[column] ?? 0),
    );
    const trace = traced.has(`${one.call}#${one.attempt}`) ? ['  traced'] : [];
    const failure = one.failure ? [`  ${oneLine(one.failure.code)}`] : [];
    const spans: Span[] = [
      `${id}  ${agent}  `,
      ['dim', `${purpose}  `],
      [TONES[one.status], status],
      ['dim', `  ${figures}  ${oneLine(one.model)}${[...failure, ...trace].join('')}`],
    ];
    return drawLine(spans, columns - 1, style);
  });
}

function cellsOf(one: CallAttempt): string[] {
  const id = one.attempt > 1 ? `${one.call} #${one.attempt}` : one.call;
  return [id, oneLine(one.agent), one.purpose, one.status, figuresOf(one)];
}

function figuresOf({ ms, usage, cost }: CallAttempt): string {
  return [
    ms === undefined ? '' : formatDuration(ms),
    usage ? `${formatTokens(usage.input, usage.estimated)} in` : '',
    usage ? `${formatTokens(usage.output, usage.estimated)} out` : '',
    cost ? `$${cost.toFixed(4)}` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** One attempt in full: what was asked, what came back, and what the trace has of it. */
export function attemptText(one: CallAttempt, trace: CallTrace | undefined, style: Style): string {
  const head = (title: string): string => style.paint('strong', `== ${title}`);
  const lines = [
    style.paint(
      'strong',
      `call ${one.call}, attempt ${one.attempt}: ${oneLine(one.agent)} asks ${oneLine(one.model)} (${one.purpose})`,
    ),
    `${one.at} ${style.paint(TONES[one.status], one.status)} ${figuresOf(one)}${firstPiece(trace)}`,
    `temperature ${one.temperature}, at most ${one.maxOutputTokens} tokens, tools: ${one.tools.map(oneLine).join(', ') || 'none'}`,
    ...one.messages.flatMap((message) => [head(titleOf(message)), bodyOf(message)]),
    ...answerLines(one, head),
    ...(trace ? traceLines(trace, head) : []),
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function firstPiece(trace: CallTrace | undefined): string {
  return trace?.firstMs === undefined ? '' : `, first piece after ${formatDuration(trace.firstMs)}`;
}

function titleOf(message: Message): string {
  return message.role === 'tool' ? `tool ${oneLine(message.name)}` : message.role;
}

function bodyOf(message: Message): string {
  if (message.role !== 'assistant') return block(message.text);
  return [block(message.text), ...message.toolCalls.map(toolCallLine)].filter(Boolean).join('\n');
}

function toolCallLine({ name, args }: ToolCall): string {
  return `-> ${oneLine(name)} ${block(JSON.stringify(args))}`;
}

function answerLines(one: CallAttempt, head: (title: string) => string): string[] {
  if (one.failure) {
    const { code, message, hint, retryInMs } = one.failure;
    const again = retryInMs === undefined ? '' : `tried again in ${formatDuration(retryInMs)}`;
    return [head(`failed: ${oneLine(code)}`), block(message), block(hint ?? ''), again];
  }
  if (one.text === undefined) return [];
  const served = one.servedBy === undefined ? '' : ` of ${oneLine(one.servedBy)}`;
  return [head(`answer${served}`), block(one.text), ...(one.toolCalls ?? []).map(toolCallLine)];
}

function traceLines({ exchanges }: CallTrace, head: (title: string) => string): string[] {
  return exchanges.flatMap((exchange) => [
    ...thoughtLines(exchange, head),
    head(
      `${exchange.status ?? 'no answer'} from ${oneLine(exchange.url)} after ${formatDuration(exchange.ms)}`,
    ),
    ...Object.entries(exchange.headers).map(
      ([name, value]) => `${oneLine(name)}: ${oneLine(value)}`,
    ),
    exchange.leftOut === undefined ? '' : `left out: ${exchange.leftOut}`,
    block(exchange.body ?? '').trimEnd(),
  ]);
}

function thoughtLines({ body = '' }: TracedExchange, head: (title: string) => string): string[] {
  const thought = reasoningIn(body);
  return thought === '' ? [] : [head('reasoning'), block(thought)];
}
