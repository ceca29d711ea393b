import { resolve } from 'node:path';
import type { ComplianceReport } from '../../data/compliance.ts';
import { LEVELS, type Level } from '../../models/level.ts';
import type { RequirementResult } from '../../validator/autonomy/check-autonomy.ts';
import type { Command } from '../command.ts';
import { counted } from '../diagnostics/summary.ts';
import { levelOption } from '../level-option.ts';
import type { Style, Tone } from '../style.ts';
import { oneLine } from '../text.ts';

const NAMES = ['Prescribed', 'Adaptive', 'Delegating', 'Self-Tooling', 'Self-Organizing'];
const TONES: Readonly<Record<RequirementResult['status'], Tone>> = {
  PASS: 'ok',
  WARN: 'warn',
  FAIL: 'bad',
};

/** `awp compliance`: which autonomy level a workflow reaches, and what it lacks. */
export const complianceCommand: Command = {
  name: 'compliance',
  summary: 'Say which autonomy level A0 to A4 a workflow reaches',
  usage: '[path] [options]',
  examples: ['awp compliance', 'awp compliance ./research-pipeline --level A2'],
  options: [
    {
      name: 'level',
      value: 'A0..A4',
      group: 'CHECK',
      help: 'the level asked for; else the declared one',
    },
    { name: 'json', group: 'OUTPUT', help: 'the whole report as JSON' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const path = resolve(shell.cwd, args.positionals[0] ?? '.');
    const { files } = await shell.effects();
    const { compliance } = await import('../../data/compliance.ts');
    const report = await compliance(path, { files, ...levelOption(args) });
    if (args.has('json')) shell.out.write(`${JSON.stringify(reportJson(report), undefined, 2)}\n`);
    else shell.out.write(reportText(report, shell.style(shell.out, args.has('no-color'))));
    return report.compliant ? 0 : 1;
  },
};

function reportText(report: ComplianceReport, style: Style): string {
  const lines = [`${style.paint('strong', oneLine(report.name))}`, ''];
  for (const [index, level] of LEVELS.entries()) {
    lines.push(style.paint('strong', `${level} ${NAMES[index]}`));
    for (const one of report.requirements.filter((result) => result.level === level)) {
      lines.push(...resultLines(one, style));
    }
    lines.push('');
  }
  lines.push(style.paint('strong', 'Every level'));
  for (const one of report.crossCutting) lines.push(...resultLines(one, style));
  lines.push('', ...endingLines(report, style));
  return `${lines.join('\n')}\n`;
}

function resultLines(
  { id, status, force, text, shortfalls }: RequirementResult,
  style: Style,
): string[] {
  const head = `  ${style.paint(TONES[status], status)} ${id.padEnd(5)} ${text} (${force})`;
  const told = shortfalls.slice(0, 3).map(({ at, message, help }) => {
    const line = at.source.text.slice(0, at.from).split('\n').length;
    return style.paint(
      'dim',
      `         ${oneLine(`${at.source.path}:${line}: ${message}; ${help}`)}`,
    );
  });
  return [head, ...told];
}

function endingLines(
  { declared, achieved, target, compliant, errors }: ComplianceReport,
  style: Style,
): string[] {
  const name = (level: Level | undefined): string =>
    level === undefined ? 'none' : `${level} ${NAMES[LEVELS.indexOf(level)]}`;
  const verdict = compliant
    ? style.paint('ok', `${style.symbols.ok} reaches ${name(target)}`)
    : style.paint('bad', `${style.symbols.bad} does not reach ${name(target)}`);
  return [
    `achieved  ${name(achieved)}`,
    `declared  ${declared === undefined ? 'nothing (workflow.autonomy)' : name(declared)}`,
    ...(errors > 0
      ? [style.paint('bad', `${counted(errors, 'error')}: awp validate shows more`)]
      : []),
    verdict,
  ];
}

function reportJson(report: ComplianceReport) {
  const plain = ({ id, level, force, text, status, shortfalls }: RequirementResult) => ({
    id,
    level,
    force,
    text,
    status,
    findings: shortfalls.map(({ at, message, help }) => ({
      file: at.source.path,
      line: at.source.text.slice(0, at.from).split('\n').length,
      path: at.path,
      message,
      help,
    })),
  });
  const { name, declared, achieved, target, compliant, errors } = report;
  return {
    workflow: name,
    declared: declared ?? null,
    achieved: achieved ?? null,
    target,
    compliant,
    errors,
    requirements: report.requirements.map(plain),
    crossCutting: report.crossCutting.map(plain),
  };
}
