import { formatDuration } from '../../base/time.ts';
import type { SandboxFacts } from '../../sandboxes/choose.ts';
import type { Command } from '../command.ts';
import type { Style, Tone } from '../style.ts';
import { oneLine, pad } from '../text.ts';

/** Columns of the mark and the name. */
const NAME_COLUMNS = 10;

/** `awp sandbox list`: the boxes of this machine. */
export const sandboxListCommand: Command = {
  name: 'sandbox list',
  summary: 'Show which boxes this machine has for programs, strongest first',
  usage: '[options]',
  examples: ['awp sandbox list', 'awp sandbox list --json'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'a JSON array on standard output' }],
  maxPositionals: 0,

  async run(args, shell) {
    const { boxFacts } = await import('../../data/sandboxes.ts');
    const facts = await boxFacts(await shell.effects());
    if (args.has('json')) {
      shell.out.write(`${JSON.stringify(facts.map(factsJson), undefined, 2)}\n`);
      return 0;
    }
    const style = shell.style(shell.out, args.has('no-color'));
    for (const one of facts) shell.out.write(factsText(one, style));
    return 0;
  },
};

function factsText(facts: SandboxFacts, style: Style): string {
  const { name, isolation, reason, fix } = facts;
  const [tone, mark] = markOf(facts, style);
  const [first = '', ...rest] = [
    ...(reason === undefined ? [] : [`cannot be used: ${reason}`]),
    ...(fix === undefined ? [] : [`try: ${fix}`]),
    ...(isolation === undefined ? [] : [isolation]),
    ...facts.languages.map(languageLine),
    ...(facts.usable ? [networkOf(facts)] : []),
    ...testOf(facts),
    ...(facts.verified ? [] : ['unverified: it was never run on this kind of system']),
  ];
  const title = style.paint(tone, pad(`${mark} ${name}`, NAME_COLUMNS));
  const more = rest.map((line) => `${' '.repeat(NAME_COLUMNS)}${oneLine(line)}\n`).join('');
  return `${title}${oneLine(first)}\n${more}`;
}

/** Version and what is there; what the prompt says beyond that is advice for models. */
function languageLine({ language, description }: SandboxFacts['languages'][number]): string {
  return `${language}: ${description.split(';')[0]}`;
}

function markOf({ name, usable }: SandboxFacts, { symbols }: Style): [Tone, string] {
  if (!usable) return ['bad', symbols.bad];
  return name === 'none' ? ['warn', symbols.warn] : ['ok', symbols.ok];
}

function networkOf({ name, network }: SandboxFacts): string {
  if (name === 'none') return 'network: whatever you can reach';
  return network ? 'network: none, or the hosts that are listed' : 'network: none';
}

function testOf({ selfTest }: SandboxFacts): string[] {
  if (!selfTest) return [];
  const { ms, at, cached } = selfTest;
  const kept = cached ? `, the verdict of ${at}` : '';
  return [`self-test: ${formatDuration(ms)}${kept}`];
}

function factsJson(facts: SandboxFacts): object {
  const { name, usable, reason, fix, isolation, languages, network, verified, selfTest } = facts;
  return {
    ...{ name, usable },
    reason: reason ?? null,
    fix: fix ?? null,
    isolation: isolation ?? null,
    ...{ languages, network },
    unverified: !verified,
    self_test: selfTest ?? null,
  };
}
