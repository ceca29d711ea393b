import type { Examination, Finding } from '../../data/doctor.ts';
import type { Command } from '../command.ts';
import { homeOption } from '../open-home.ts';
import type { Style, Tone } from '../style.ts';
import { oneLine } from '../text.ts';

const TITLES: Readonly<Record<Finding['area'], string>> = {
  node: 'RUNTIME',
  store: 'STORE',
  python: 'PYTHON',
  sandbox: 'SANDBOXES',
  model: 'MODELS',
};

/** `awp doctor`: what this machine is ready for, and what would help. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check this machine: store, interpreters, sandboxes, models; each with its fix',
  usage: '[options]',
  examples: ['awp doctor', 'awp doctor --fresh', 'awp doctor --json'],
  options: [
    { name: 'fresh', group: 'CHECKS', help: 'try the sandboxes again, whatever was found earlier' },
    { name: 'json', group: 'OUTPUT', help: 'a JSON object on standard output' },
  ],
  maxPositionals: 0,

  async run(args, shell) {
    const { examine } = await import('../../data/doctor.ts');
    const fresh = args.has('fresh');
    const options = { cwd: shell.cwd, fresh, ...homeOption(args, shell) };
    const found = await examine(await shell.effects(), options);
    const { ready, findings } = found;
    if (args.has('json')) {
      shell.out.write(`${JSON.stringify(asJson(found), undefined, 2)}\n`);
    } else {
      const style = shell.style(shell.out, args.has('no-color'));
      shell.out.write(reportText(found, style));
    }
    const broken = findings.some(({ state, area }) => state === 'broken' && area !== 'sandbox');
    return ready.models && ready.demo && !broken ? 0 : 1;
  },
};

function reportText({ findings, ready }: Examination, style: Style): string {
  const lines: string[] = [];
  let area: Finding['area'] | undefined;
  const without = findings.filter(isWithoutKey);
  for (const finding of findings) {
    if (isWithoutKey(finding)) continue;
    if (finding.area !== area) lines.push(style.paint('strong', TITLES[finding.area]));
    area = finding.area;
    lines.push(...findingLines(finding, style));
  }
  if (without.length > 0) lines.push(withoutKeyLine(without, style));
  const mark = (there: boolean): string => {
    const { ok, bad } = style.symbols;
    return there ? style.paint('ok', ok) : style.paint('bad', bad);
  };
  const box = ready.sandbox === undefined ? '' : ` (${ready.sandbox})`;
  const parts = [
    `demo ${mark(ready.demo)}`,
    `a model ${mark(ready.models)}`,
    `sandboxed code ${mark(ready.sandbox !== undefined)}${box}`,
  ];
  return `${lines.join('\n')}\n\nReady for: ${parts.join('  ')}\n${nextText({ findings, ready })}`;
}

/** A service that is only not configured: there are many, so they share a line. */
function isWithoutKey({ area, state, fix }: Finding): boolean {
  return area === 'model' && state === 'absent' && (fix?.startsWith('set ') ?? false);
}

function withoutKeyLine(findings: readonly Finding[], style: Style): string {
  const each = findings.map(({ name, fix }) => `${name} (${fix?.slice('set '.length)})`);
  const [tone, mark] = markOf('absent', style);
  return `  ${style.paint(tone, mark)} without a key: ${each.join(', ')}`;
}

function findingLines({ name, state, words, fix }: Finding, style: Style): string[] {
  const [tone, mark] = markOf(state, style);
  const line = `  ${style.paint(tone, mark)} ${oneLine(name)}: ${oneLine(words)}`;
  if (fix === undefined || state === 'ok') return [line];
  return [line, `      ${style.paint('dim', `fix: ${oneLine(fix)}`)}`];
}

function markOf(state: Finding['state'], { symbols }: Style): [Tone, string] {
  if (state === 'ok') return ['ok', symbols.ok];
  if (state === 'warning') return ['warn', symbols.warn];
  return state === 'broken' ? ['bad', symbols.bad] : ['dim', symbols.waiting];
}

function nextText({ findings, ready: { demo, models } }: Examination): string {
  if (!demo) return 'No sandbox can be used: see the fixes above.\n';
  if (models) return '';
  const chosen = findings.some(({ area, state }) => area === 'model' && state === 'broken');
  return chosen
    ? 'The model that was chosen cannot be asked: see the fix above, or try `awp demo` without one.\n'
    : 'No model is configured: set a key, start Ollama, or try `awp demo` without one.\n';
}

function asJson({ findings, ready }: Examination): object {
  return {
    ready: { ...ready, sandbox: ready.sandbox ?? null },
    findings: findings.map(({ fix, ...finding }) => ({ ...finding, fix: fix ?? null })),
  };
}
