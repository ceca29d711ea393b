import { docsOf } from '../../base/diagnostic.ts';
import { AwpError } from '../../base/errors.ts';
import type { CodeCard } from '../../validator/codes/code-card.ts';
import type { Example } from '../../validator/rule.ts';
import type { Command } from '../command.ts';
import { EXIT_MEANINGS } from '../exit-meanings.ts';
import type { Style, Tone } from '../style.ts';
import { cut, pad } from '../text.ts';

type Explanations = typeof import('../../data/explain.ts');

const TONES: Readonly<Record<CodeCard['severity'], Tone>> = {
  error: 'bad',
  warning: 'warn',
  info: 'dim',
};
/** Width of the list when the output is not a terminal. */
const PLAIN_COLUMNS = 120;

/** `awp explain`: what a code means, with a bad and a good example. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'Explain a rule or a finding, with examples; without a code list all',
  usage: '[CODE] [options]',
  examples: ['awp explain R7', 'awp explain A2', 'awp explain exit-codes', 'awp explain'],
  options: [{ name: 'json', group: 'OUTPUT', help: 'the cards as JSON' }],
  maxPositionals: 1,

  async run(args, shell) {
    const [code] = args.positionals;
    const style = shell.style(shell.out, args.has('no-color'));
    if (code?.toLowerCase() === 'exit-codes') {
      shell.out.write(args.has('json') ? json(EXIT_MEANINGS) : exitCodes(style));
      return 0;
    }
    const explanations = await import('../../data/explain.ts');
    const card = code === undefined ? undefined : explanations.cardOf(code);
    const columns = shell.out.terminal ? shell.out.size().columns : PLAIN_COLUMNS;
    if (card) {
      shell.out.write(args.has('json') ? json(card) : cardText(card, explanations, style));
      return 0;
    }
    const list = listed(code, explanations);
    shell.out.write(
      args.has('json')
        ? json(list.flatMap(({ cards }) => cards))
        : list.map((part) => listText(part, style, columns)).join('\n'),
    );
    return 0;
  },
};

interface Listed {
  title: string;
  cards: readonly CodeCard[];
}

/** Everything, or what a kind or a level has. Throws `usage/bad-argument` for what is no code. */
function listed(code: string | undefined, explanations: Explanations): readonly Listed[] {
  const { codeFamilies, cardsBelow, nearestCode } = explanations;
  if (code === undefined) return codeFamilies;
  const cards = cardsBelow(code);
  const family = codeFamilies.find((one) => one.cards.some((card) => cards.includes(card)));
  if (family) return [{ title: family.title, cards }];
  const near = nearestCode(code);
  const help = code.includes('/')
    ? 'errors of the form family/what are in docs/errors.md'
    : 'awp explain lists all codes';
  throw new AwpError('usage/bad-argument', `there is no code "${code}"`, {
    hint: near === undefined || code.includes('/') ? help : `did you mean ${near}? ${help}`,
  });
}

function cardText(card: CodeCard, explanations: Explanations, style: Style): string {
  const { code, title, severity, why, enforced, bad, good } = card;
  const aliases = card.aliases ?? [];
  const also = aliases.length > 0 ? `, ${aliases.join(', ')} in the Python implementation` : '';
  const parts = [
    `${style.paint('strong', `${code} ${sentence(title)}`)}\n${style.paint(TONES[severity], severity)}${also}`,
    why,
    ...(enforced === undefined ? [] : [`While it runs: ${enforced}`]),
    ...(bad === undefined ? [] : [exampleText('Wrong', bad, { explanations, style })]),
    ...(good === undefined ? [] : [exampleText('Right', good, { explanations, style })]),
    style.paint('dim', docsOf(code)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function exampleText(
  heading: 'Wrong' | 'Right',
  example: Example,
  { explanations, style }: { explanations: Explanations; style: Style },
): string {
  const { files, more } = explanations.shownExample(example);
  const tone = heading === 'Wrong' ? 'bad' : 'ok';
  const blocks = files.map(
    ({ path, text }) => `${style.paint('dim', `  # ${path}`)}\n${text.replace(/^(?=.)/gm, '  ')}`,
  );
  const rest = more > 0 ? [style.paint('dim', `  and ${more} more files`)] : [];
  return [style.paint(tone, heading), ...blocks, ...rest].join('\n');
}

function listText({ title, cards }: Listed, style: Style, columns: number): string {
  const width = Math.max(...cards.map(({ code }) => code.length)) + 2;
  const lines = cards.map(
    (card) =>
      `  ${style.paint('strong', pad(card.code, width))}${cut(sentence(card.title), columns - width - 2)}`,
  );
  return `${style.paint('strong', title)}\n${lines.join('\n')}\n`;
}

function exitCodes(style: Style): string {
  const lines = EXIT_MEANINGS.map(
    ({ status, meaning }) => `  ${style.paint('strong', pad(String(status), 5))}${meaning}`,
  );
  return `${style.paint('strong', 'Exit statuses of awp')}\n${lines.join('\n')}\n`;
}

/** A title as a sentence of its own. */
function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
