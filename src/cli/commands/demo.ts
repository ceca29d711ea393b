import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '../command.ts';
import { homeOption, withHome } from '../open-home.ts';
import { watchRun } from '../watch-run.ts';

/** The table that is used when none is named: at the root of the repository, or copied to dist/. */
const EXAMPLE = new URL(
  `${import.meta.url.endsWith('.ts') ? '../../..' : '../..'}/examples/data/seattle-weather.csv`,
  import.meta.url,
);
/** Where the artifacts go when nothing else is said. */
const OUT = 'awp-demo';
const TASK =
  'Give an overview of the table: profile, trend with peak and low, comparison by group, outliers, a chart and a report';

/** `awp demo`: a whole run on an example or on the user's table, without any model. */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'A whole run on example data or your table; no key, no network',
  usage: '[file] [--out DIR] [--json]',
  examples: ['awp demo', 'awp demo ./my-table.csv --out report'],
  options: [
    { name: 'out', value: 'DIR', group: 'OUTPUT', help: `where the files go (${OUT}/)` },
    { name: 'json', group: 'OUTPUT', help: 'events as JSON lines; the last is run.result' },
  ],
  maxPositionals: 1,

  async run(args, shell) {
    const [given] = args.positionals;
    const { file } = await import('../../data/inputs.ts');
    const path = given === undefined ? fileURLToPath(EXAMPLE) : resolve(shell.cwd, given);
    const engine = await shell.engine();
    shell.err.write(
      'Demo model: fixed rules for tables, not an AI. Files, code, sandbox and budgets are real.\n',
    );
    return withHome(shell, args, () => {
      const handle = engine.start(
        {
          task: TASK,
          name: 'demo',
          model: 'demo',
          inputs: { table: file(path) },
          // Its programs are JavaScript, so nothing has to be found out about Pythons.
          sandbox: { languages: ['javascript'] },
          outputDir: resolve(shell.cwd, args.text('out') ?? OUT),
          ...homeOption(args, shell),
        },
        {},
      );
      const next = [
        ...(given === undefined
          ? ['awp demo ./your-table.csv            the same on your data']
          : []),
        'awp run -t "..." -i your.csv -m ollama/qwen3       a model on your machine',
        'awp run -t "..." -i your.csv -m openrouter/...     a service; needs OPENROUTER_API_KEY',
      ];
      return watchRun(handle, shell, {
        json: args.has('json'),
        progress: 'auto',
        noColor: args.has('no-color'),
        debug: args.has('debug'),
        home: args.text('home'),
        after: 0,
        next,
      });
    });
  },
};
