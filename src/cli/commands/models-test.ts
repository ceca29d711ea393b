import { AwpError } from '../../base/errors.ts';
import { formatDuration } from '../../base/time.ts';
import type { ModelVerdict, Trial } from '../../data/model-test.ts';
import type { Command } from '../command.ts';
import { EXIT, exitCodeOf } from '../failure.ts';
import { formatTokens } from '../progress/figures.ts';
import type { Style } from '../style.ts';
import { oneLine } from '../text.ts';

const TITLES: Readonly<Record<Trial['name'], string>> = {
  text: 'answers',
  json: 'answers with the JSON of a manager',
  tools: 'calls tools',
  stream: 'answers in pieces',
};

/** `awp models test MODEL`: asks a model up to three questions and says what it is fit for. */
export const modelsTestCommand: Command = {
  name: 'models test',
  summary: 'Ask a model up to three small questions and say what works, how fast, at what cost',
  usage: 'MODEL [options]',
  examples: ['awp models test ollama/qwen3', 'awp models test openrouter/openai/gpt-5-mini'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'a JSON object on standard output' }],
  maxPositionals: 1,

  async run(args, shell) {
    const [model] = args.positionals;
    if (model === undefined || model === '') {
      throw new AwpError('usage/missing-argument', 'awp models test needs the name of a model', {
        hint: 'awp models lists some; write SERVICE/MODEL, for example ollama/qwen3',
      });
    }
    const { testModel } = await import('../../data/model-test.ts');
    const stop = new AbortController();
    const forget = shell.onSignal(() => stop.abort(new AwpError('usage/bad-argument', 'stopped')));
    let verdict: ModelVerdict;
    try {
      verdict = await testModel(model, await shell.effects(), stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      shell.err.write('stopped\n');
      return EXIT.stopped;
    } finally {
      forget();
    }
    if (args.has('json')) shell.out.write(`${JSON.stringify(asJson(verdict), undefined, 2)}\n`);
    else shell.out.write(verdictText(verdict, shell.style(shell.out, args.has('no-color'))));
    return verdict.usable ? EXIT.complete : exitCodeOf('model/');
  },
};

function verdictText(verdict: ModelVerdict, style: Style): string {
  const { model, service, simulated, trials, usable, usage, cost } = verdict;
  const tools = trials.find(({ name }) => name === 'tools')?.outcome === 'ok';
  const tokens = usage
    ? `${formatTokens(usage.input, usage.estimated)} tokens in, ${formatTokens(usage.output, usage.estimated)} out`
    : 'the service did not say how many tokens';
  const paid = cost === null ? 'price not known' : cost === 0 ? 'free' : `$${cost.toFixed(4)}`;
  const end = usable
    ? tools
      ? style.paint('ok', 'It can be used.')
      : style.paint('warn', 'It can be used for the manager; workers need another: --worker-model.')
    : style.paint('bad', 'It cannot be used.');
  const lines = [
    `${style.paint('strong', oneLine(model))} at ${oneLine(service)}${simulated ? ' (simulated)' : ''}`,
    ...trials.flatMap((trial) => trialLines(trial, style)),
    `${tokens}; ${paid}`,
    end,
  ];
  return `${lines.join('\n')}\n`;
}

function trialLines(
  { name, outcome, words, code, hint, firstMs, ms }: Trial,
  style: Style,
): string[] {
  const { symbols } = style;
  const mark =
    outcome === 'ok'
      ? style.paint('ok', symbols.ok)
      : outcome === 'failed'
        ? style.paint('bad', symbols.bad)
        : style.paint('dim', symbols.waiting);
  const first =
    firstMs === undefined || name !== 'stream' ? '' : `first ${formatDuration(firstMs)}, `;
  const time = ms === undefined ? '' : ` (${first}${formatDuration(ms)})`;
  const said = `${code === undefined ? '' : `${code}: `}${words}`;
  return [
    `  ${mark} ${TITLES[name]}: ${oneLine(said)}${time}`,
    ...(hint === undefined ? [] : [`      ${style.paint('dim', `try: ${oneLine(hint)}`)}`]),
  ];
}

function asJson({ capabilities, usage, ...verdict }: ModelVerdict): object {
  return { ...verdict, capabilities: capabilities ?? null, usage: usage ?? null };
}
