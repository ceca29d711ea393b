import { describe, expect, it } from 'vitest';
import { Person } from '../../../src/cli/person.ts';
import type { LineAnswer } from '../../../src/cli/shell.ts';
import { watchRun } from '../../../src/cli/watch-run.ts';
import { nodeEffects } from '../../../src/effects/index.ts';
import { askingRun } from '../fake-run.ts';
import { type FakeShellOptions, fakeShell } from '../fake-shell.ts';
import { type AskedCall, askingLog } from '../sample-run.ts';

const MAIL: AskedCall = ['a1', 'mail.send', { to: 'x@example.com' }];

interface Setting extends FakeShellOptions {
  calls?: readonly AskedCall[];
  after?: number;
}

/** A run that waits, with somebody who types `lines`. */
function ask(
  lines: FakeShellOptions['lines'],
  { calls = [MAIL], after = 0, ...more }: Setting = {},
) {
  const shell = fakeShell({ lines: lines ?? [], ...more });
  const run = askingRun(askingLog(...calls));
  const options = { json: false, progress: 'plain', noColor: true, debug: false } as const;
  const person = new Person(shell, shell.style(shell.err, true));
  const code = watchRun(run, shell, { ...options, home: undefined, after, person });
  return { shell, run, code };
}

async function asked(lines: FakeShellOptions['lines'], setting?: Setting) {
  const { shell, run, code } = ask(lines, setting);
  return { code: await code, err: shell.err.text(), resolved: run.resolved, run, shell };
}

describe('a call that waits for a person', () => {
  it('is shown with who, what, why and the exact arguments', async () => {
    const { err, code } = await asked(['y']);
    expect(code).toBe(0);
    expect(err).toContain(`! waits for you: a1 mail.send   1.1 writer: mail.send changes something
{
  "to": "x@example.com"
}
Allow this? y / N / e(dit) / a(ll like this) / ? y
`);
  });

  it.each<[string, object]>([
    ['y', { decision: 'approve' }],
    [' YES ', { decision: 'approve' }],
    ['', { decision: 'reject' }],
    ['n', { decision: 'reject' }],
    ['no  send it to the team', { decision: 'reject', reason: 'send it to the team' }],
    ['a', { decision: 'approve' }],
  ])('%j answers %j', async (line, reply) => {
    const { resolved } = await asked([line]);
    expect(resolved).toEqual([['a1', reply, 'terminal']]);
  });

  it.each(['?', 'yy', 'y please', 'ja', 'a lot'])(
    '%j answers nothing, but tells what can be said',
    async (line) => {
      const { resolved, err } = await asked([line, 'n']);
      expect(resolved).toEqual([['a1', { decision: 'reject' }, 'terminal']]);
      expect(err).toContain('allow this call with exactly these arguments');
    },
  );

  it('cannot act on the terminal or hide a part of what it says', async () => {
    const { err } = await asked(['y'], {
      calls: [['a1', 'mail\x1b[2J.send', { to: '\x1b[1A\u202eevil', 'a\rb': '\n' }]],
    });
    for (const mark of ['\x1b', '\r', '\u202e']) expect(err).not.toContain(mark);
    expect(err).toContain('\\u202eevil');
  });

  it('is cut when it is long, and shown in full when it is asked for', async () => {
    const body = `${'long '.repeat(1000)}the end`;
    const calls: AskedCall[] = [['a1', 'mail.send', { body }]];
    const cut = await asked(['y'], { calls });
    expect(cut.err).not.toContain('the end');
    expect(cut.err).toMatch(/… \d+ more characters of \d+; s shows all/);
    expect((await asked(['s', 'y'], { calls })).err).toContain('the end');
  });

  it('waits for its turn behind others', async () => {
    const { resolved, err } = await asked(['y', 'n'], { calls: [MAIL, ['a2', 'disk.format']] });
    expect(resolved).toEqual([
      ['a1', { decision: 'approve' }, 'terminal'],
      ['a2', { decision: 'reject' }, 'terminal'],
    ]);
    expect(err.indexOf('? y')).toBeLessThan(err.indexOf('! waits for you: a2'));
  });

  it('is allowed with all further calls of its tool, and of no other one', async () => {
    const { resolved, err } = await asked(['a', 'n'], {
      calls: [MAIL, ['a2', 'mail.send', { to: 'y' }], ['a3', 'mail.read']],
    });
    expect(resolved).toEqual([
      ['a1', { decision: 'approve' }, 'terminal'],
      ['a2', { decision: 'approve' }, 'terminal'],
      ['a3', { decision: 'reject' }, 'terminal'],
    ]);
    expect(err).not.toContain('! waits for you: a2');
  });

  it('of an earlier process is asked again', async () => {
    const calls = askingLog(MAIL).events.length;
    const { resolved } = await asked(['y'], { after: calls - 1 });
    expect(resolved).toHaveLength(1);
  });
});

describe('a question', () => {
  /** Somebody who types only after something else has happened. */
  const slow = (before: () => void, then: LineAnswer) => async (signal: AbortSignal) => {
    before();
    await new Promise((resolve) => setImmediate(resolve));
    return signal.aborted ? 'withdrawn' : then;
  };

  it('is withdrawn when somebody else answers, and says who', async () => {
    const { code, shell, run } = ask([
      slow(() => run.answer('a1', { decision: 'rejected', reason: 'not\x1b now' }), { text: 'y' }),
    ]);
    expect(await code).toBe(0);
    expect(run.resolved).toEqual([]);
    expect(shell.err.text()).toContain('already rejected (cli): not\\x1b now\n');
  });

  it('that is answered too late tells so', async () => {
    const { code, shell, run } = ask([
      async () => {
        run.answer('a1', {});
        return { text: 'y' };
      },
    ]);
    expect(await code).toBe(0);
    expect(shell.err.text()).toContain('a1 was answered already');
  });

  it('holds back the lines of the progress', async () => {
    const { code, shell, run } = ask([slow(() => run.answer('a1', {}), { text: 'y' })], {
      calls: [MAIL, ['a2', 'disk.format']],
    });
    expect(await code).toBe(5);
    const text = shell.err.text();
    expect(text.indexOf('already approved')).toBeLessThan(
      text.indexOf('a1 mail.send approved (cli)'),
    );
  });

  it('at which the input ends leaves the run waiting, with status 5', async () => {
    const { code, err, resolved } = await asked(['ended'], {
      calls: [MAIL, ['a2', 'disk.format']],
    });
    expect(code).toBe(5);
    expect(resolved).toEqual([]);
    expect(err).toContain('awp runs approve r-7f3a000000 a2');
    expect(err).toContain('Resume: awp run --resume r-7f3a000000');
  });

  it('at which Ctrl-C is typed stops the run, with status 7; a second one ends at once', async () => {
    const { code, run, shell, resolved } = await asked(['interrupted'], {
      calls: [MAIL, ['a2', 'x']],
    });
    expect(code).toBe(7);
    expect(resolved).toEqual([]);
    expect(run.cancelled).toEqual(['stopped by the user']);
    expect(shell.exited()).toBeUndefined();
    expect(shell.listeners()).toBe(0);
  });

  it('goes away when the run ends', async () => {
    const { code, run, shell } = ask([
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('withdrawn'));
          shell.signal('SIGTERM');
        }),
    ]);
    expect(await code).toBe(143);
    expect(run.resolved).toEqual([]);
  });
});

describe('arguments', () => {
  it('are edited on a line, shown again, and allowed as they are then', async () => {
    const { resolved, err } = await asked(['e', '{"to": "team"}', 'y']);
    expect(resolved).toEqual([['a1', { decision: 'approve', args: { to: 'team' } }, 'terminal']]);
    expect(err).toContain('{\n  "to": "team"\n}\nAllow it like this?');
  });

  it.each([
    ['{"to":', 'this is no JSON'],
    ['["team"]', 'arguments are a JSON object'],
    ['', 'this is no JSON'],
  ])('%j are none, so the question is asked again', async (line, problem) => {
    const { resolved, err } = await asked(['e', line, 'y']);
    expect(err).toContain(`${problem}`);
    expect(resolved).toEqual([['a1', { decision: 'approve' }, 'terminal']]);
  });

  it.each([
    ['ended', 5],
    ['interrupted', 7],
  ])('may be given up: %s', async (line, code) => {
    expect(await asked(['e', line])).toMatchObject({ code, resolved: [] });
  });

  it('that an editor left broken are there to be put right', async () => {
    const editor = `sh -c 'if grep -q broken "$0"; then echo "{\\"to\\": 2}" > "$0"; else echo broken > "$0"; fi'`;
    const { resolved, err } = await asked(['e', 'e', 'y'], {
      env: { EDITOR: 'false', VISUAL: editor, PATH: process.env.PATH ?? '' },
      cwd: process.cwd(),
      effects: nodeEffects(),
    });
    expect(err).toContain('this is no JSON; nothing was changed');
    expect(resolved).toEqual([['a1', { decision: 'approve', args: { to: 2 } }, 'terminal']]);
  });

  it.each(['false', 'exit 4;'])('stay when the editor is %s', async (editor) => {
    const { resolved, err } = await asked(['e', 'y'], {
      env: { EDITOR: editor, PATH: process.env.PATH ?? '' },
      cwd: process.cwd(),
      effects: nodeEffects(),
    });
    expect(err).toContain(`${editor} did not end well; nothing was changed`);
    expect(resolved).toEqual([['a1', { decision: 'approve' }, 'terminal']]);
  });

  it('are edited without any variable that the editor does not need', async () => {
    const { err } = await asked(['e', 'y'], {
      env: {
        EDITOR: `sh -c 'env | grep -c LLM_API_KEY > /dev/null && exit 3; echo "{\\"clean\\": true}" > "$0"'`,
        LLM_API_KEY: 'sk-1',
        PATH: process.env.PATH ?? '',
      },
      cwd: process.cwd(),
      effects: nodeEffects(),
    });
    expect(err).toContain('"clean": true');
  });
});
