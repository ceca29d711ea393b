import colours from 'picocolors';

/** What a piece of text means; the palette gives each meaning a colour. */
export type Tone = 'ok' | 'bad' | 'warn' | 'dim' | 'strong' | 'busy';

/** The few marks that are drawn; ASCII where the terminal is not known to speak UTF-8. */
export interface Symbols {
  ok: string;
  bad: string;
  warn: string;
  waiting: string;
  stopped: string;
  skipped: string;
  /** One after the other while something runs. */
  busy: readonly string[];
  branch: string;
  last: string;
  line: string;
  full: string;
  empty: string;
  dot: string;
  ellipsis: string;
  atLeast: string;
  unknown: string;
}

/** How text looks on one stream: colours or none, UTF-8 or ASCII. */
export interface Style {
  paint(tone: Tone, text: string): string;
  symbols: Symbols;
}

/** What decides about the style of a stream. */
export interface StyleFacts {
  terminal: boolean;
  env: (name: string) => string | undefined;
  /** `--no-color`. */
  noColor: boolean;
  /** Operating system, as Node names it. */
  os: string;
}

const UNICODE: Symbols = {
  ok: '✓',
  bad: '✗',
  warn: '!',
  waiting: '○',
  stopped: '■',
  skipped: '–',
  busy: ['◐', '◓', '◑', '◒'],
  branch: '├ ',
  last: '└ ',
  line: '│ ',
  full: '▓',
  empty: '░',
  dot: '·',
  ellipsis: '…',
  atLeast: '≥',
  unknown: '—',
};

const ASCII: Symbols = {
  ok: '+',
  bad: 'x',
  warn: '!',
  waiting: '.',
  stopped: '#',
  skipped: '~',
  busy: ['-', '\\', '|', '/'],
  branch: '|- ',
  last: '`- ',
  line: '|  ',
  full: '#',
  empty: '-',
  dot: '-',
  ellipsis: '...',
  atLeast: '>=',
  unknown: '-',
};

/** The style that fits a stream: `--no-color`, then `NO_COLOR`, then `FORCE_COLOR`, then the stream. */
export function styleFor(facts: StyleFacts): Style {
  const palette = colours.createColors(hasColour(facts));
  const tones: Record<Tone, (text: string) => string> = {
    ok: palette.green,
    bad: palette.red,
    warn: palette.yellow,
    dim: palette.dim,
    strong: palette.bold,
    busy: palette.cyan,
  };
  return {
    paint: (tone, text) => tones[tone](text),
    symbols: speaksUtf8(facts) ? UNICODE : ASCII,
  };
}

function hasColour({ terminal, env, noColor }: StyleFacts): boolean {
  if (noColor || present(env('NO_COLOR'))) return false;
  const forced = env('FORCE_COLOR');
  if (present(forced)) return forced !== '0' && forced !== 'false';
  return terminal && env('TERM') !== 'dumb';
}

function speaksUtf8({ env, os }: StyleFacts): boolean {
  const locale = [env('LC_ALL'), env('LC_CTYPE'), env('LANG')].find(present);
  if (locale !== undefined) return /utf-?8/i.test(locale);
  if (os === 'win32') return present(env('WT_SESSION')) || present(env('TERM_PROGRAM'));
  return os === 'darwin';
}

function present(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
