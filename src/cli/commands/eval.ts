import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import type { EvaluationReport } from '../../data/evaluate.ts';
import type { Command } from '../command.ts';
import { homeOption } from '../open-home.ts';
import { actionWords, metricLines, scoreMark, scoreWord } from '../score-text.ts';
import type { Style } from '../style.ts';
import { oneLine } from '../text.ts';

/** `awp eval DIR`: scores an ended run of a workflow again, without running it (surfaces 2.3). */
export const evalCommand: Command = {
  name: 'eval',
  summary: 'Score the last run of a workflow, or a named one, without running it again',
  usage: 'DIR [options]',
  examples: ['awp eval ./research-pipeline', 'awp eval . --run-id r-7f3a -m ollama/qwen3 --json'],
  options: [
    {
      name: 'run-id',
      value: 'ID',
      group: 'INPUT',
      help: 'the run; else the newest that has ended',
    },
    {
      name: 'model',
      short: 'm',
      value: 'MODEL',
      group: 'MODEL',
      help: 'judges by the rubrics, instead of the one that the workflow names',
    },
    { name: 'json', group: 'OUTPUT', help: 'the scores as one JSON object on standard output' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const [folder] = args.positionals;
    if (folder === undefined || folder === '') {
      throw new AwpError('usage/missing-argument', 'awp eval needs the folder of a workflow', {
        hint: 'name it: awp eval ./research-pipeline',
      });
    }
    const engine = await shell.engine();
    const [runId, model] = [args.text('run-id'), args.text('model')];
    const report = await engine.evaluate(resolve(shell.cwd, folder), {
      ...homeOption(args, shell),
      ...(runId !== undefined && { runId }),
      ...(model !== undefined && { model }),
    });
    const style = shell.style(shell.out, args.has('no-color'));
    shell.out.write(
      args.has('json')
        ? `${JSON.stringify(report.report, undefined, 2)}\n`
        : reportText(report, style),
    );
    // Without a score nobody knows that it is good enough.
    return report.action === 'fail_workflow' || report.action === 'none' ? 1 : 0;
  },
};

function reportText(report: EvaluationReport, style: Style): string {
  const { runId, file, score, action, repairs, steps, metrics, thresholds } = report;
  const marked = (one: number | null): string =>
    `${scoreMark(one, thresholds, style)} ${scoreWord(one)}`;
  const stepLines = steps.map(({ agent, score: own }) => `  ${marked(own)}  ${oneLine(agent)}\n`);
  return [
    `run      ${oneLine(runId)}\n`,
    `scores   ${oneLine(file)}\n`,
    `final    ${marked(score)}\n`,
    `action   ${actionWords(action)}\n`,
    `repairs  ${repairs}\n`,
    ...(steps.length > 0 ? [`steps\n${stepLines.join('')}`] : []),
    `metrics\n${metricLines(metrics, thresholds, style).join('')}`,
  ].join('');
}
