import { AwpError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { formatDuration } from '../../base/time.ts';
import type { SandboxName } from '../../events/plan.ts';
import type { HostileReport } from '../../sandboxes/hostile/run.ts';
import type { Arguments, Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { reportsJson, reportsText } from '../hostile-text.ts';
import type { Shell } from '../shell.ts';
import { type StopOnce, stopOnce } from '../stop-once.ts';
import { parseChoice } from '../values.ts';

/** `awp sandbox selftest`: programs that try to get out, in every box of this machine. */
export const sandboxSelftestCommand: Command = {
  name: 'sandbox selftest',
  summary: 'Run hostile programs in the boxes of this machine and tell what came of them',
  usage: '[options]',
  examples: [
    'awp sandbox selftest',
    'awp sandbox selftest --provider bwrap --only J01 --only P07',
    'awp sandbox selftest --provider none --json',
  ],
  options: [
    {
      name: 'provider',
      value: 'NAME',
      repeat: true,
      group: 'TEST',
      help: 'a box; else all with a boundary. In none the programs get through',
    },
    {
      name: 'only',
      value: 'ID',
      repeat: true,
      group: 'TEST',
      help: 'a program, or all whose name begins so, as J or P0',
    },
    { name: 'json', group: 'OUTPUT', help: 'everything as one JSON object' },
  ],
  maxPositionals: 0,

  async run(args, shell) {
    const only = await onlyOf(args);
    const stops = stopOnce(shell);
    try {
      const reports: HostileReport[] = [];
      for (const name of await providersOf(args, shell)) {
        if (stops.signal.aborted) break;
        reports.push(await testOne(name, { only, stops, shell }));
      }
      show(reports, args, shell);
      if (stops.signal.aborted) return stops.status();
      return reports.every(({ ok }) => ok) ? EXIT.complete : EXIT.failed;
    } finally {
      stops.forget();
    }
  },
};

/** What is asked for; a name that no program has is told at once. */
async function onlyOf(args: Arguments): Promise<readonly string[]> {
  const { HOSTILE_IDS } = await import('../../data/sandboxes.ts');
  const only = args.all('only');
  const unknown = only.find((start) => !HOSTILE_IDS.some((id) => id.startsWith(start)));
  if (unknown === undefined) return only;
  const match = nearest(unknown, HOSTILE_IDS);
  throw new AwpError('usage/bad-value', `--only ${unknown}: no program is called so`, {
    hint:
      match === undefined
        ? `names go from ${HOSTILE_IDS[0]} to ${HOSTILE_IDS.at(-1)}`
        : `did you mean ${match}?`,
  });
}

/** The boxes that were named, or all that can be used and keep programs apart. */
async function providersOf(args: Arguments, shell: Shell): Promise<readonly SandboxName[]> {
  const { boxFacts, SANDBOX_NAMES } = await import('../../data/sandboxes.ts');
  const named = args.all('provider').map((name) => parseChoice('provider', name, SANDBOX_NAMES));
  if (named.length > 0) return [...new Set(named)];
  const facts = await boxFacts(await shell.effects());
  const names = facts.filter(({ name, usable }) => usable && name !== 'none');
  if (names.length > 0) return names.map(({ name }) => name);
  throw new AwpError('sandbox/unavailable', 'this machine has no box to be tested', {
    hint: 'awp sandbox list says what to install',
  });
}

interface TestOptions {
  only: readonly string[];
  stops: StopOnce;
  shell: Shell;
}

async function testOne(name: SandboxName, options: TestOptions): Promise<HostileReport> {
  const { only, stops, shell } = options;
  const { testBox } = await import('../../data/sandboxes.ts');
  const effects = await shell.effects();
  const start = effects.clock.monotonic();
  let done = 0;
  const report = await testBox(name, effects, {
    ...(only.length > 0 && { only }),
    signal: stops.signal,
    progress({ id }) {
      done += 1;
      if (shell.err.terminal) shell.err.write(`\r${name}: ${done}, ${id}\x1b[K`);
    },
  });
  const time = formatDuration(effects.clock.monotonic() - start);
  const clear = shell.err.terminal ? '\r\x1b[K' : '';
  shell.err.write(`${clear}${report.kind}: ${done} programs in ${time}\n`);
  return report;
}

function show(reports: readonly HostileReport[], args: Arguments, shell: Shell): void {
  const text = args.has('json')
    ? `${JSON.stringify(reportsJson(reports), undefined, 2)}\n`
    : reportsText(reports, shell.style(shell.out, args.has('no-color')));
  shell.out.write(text);
}
