import { describe, expect, it } from 'vitest';
import { liveProgress } from '../../../src/cli/progress/live.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { fakeShell } from '../fake-shell.ts';
import { halfwayLog, START } from '../sample-run.ts';
import { Screen } from '../screen.ts';

function begin() {
  const shell = fakeShell({ terminal: true, env: { NO_COLOR: '1', LANG: 'C.UTF-8' } });
  const clock = fixedClock(START + 13_300);
  const progress = liveProgress(shell, shell.style(shell.err, false), clock);
  const log = halfwayLog();
  const show = (): void => progress.event(log.events.at(-1)!, log.state());
  const screen = (): string[] => new Screen(80, 24).feed(shell.err.text()).lines();
  return { shell, clock, progress, log, show, screen };
}

describe('the tree in a terminal', () => {
  it('replaces itself in place and stays as a summary', () => {
    const { clock, progress, log, show, screen } = begin();
    show();
    expect(screen()[0]).toContain('Revenue trend');
    expect(screen().at(-1)).toContain('Ctrl-C');
    clock.advance(1000);
    log.wait(1000).finished('1.2').add(
      'agent.skipped',
      {
        worker: 'report',
        index: 3,
        reason: 'enough',
      },
      { agent: '0' },
    );
    show();
    clock.advance(1000);
    log.add('run.finished', { status: 'complete', text: 'x', result: {} });
    show();
    progress.close();
    progress.close();
    const lines = screen();
    expect(lines[0]).toMatch(/^✓ Revenue trend/);
    expect(lines.filter((line) => line.includes('profile'))).toHaveLength(1);
    expect(lines.join('\n')).not.toContain('Ctrl-C');
  });

  it('says at once that the run starts, and takes that back if it cannot', () => {
    const { progress, log, screen } = begin();
    progress.begin(emptyState(log.run));
    expect(screen()[0]).toContain('starting   r-7f3a000000');
    progress.close();
    expect(screen()).toEqual([]);
  });

  it('draws at most ten frames a second, and only lines that changed', () => {
    const { shell, clock, show, log } = begin();
    show();
    const first = shell.err.text().length;
    for (let step = 0; step < 100; step++) {
      log
        .wait(10)
        .asked('1.2', `1.2/${step + 3}`)
        .answered('1.2', `1.2/${step + 3}`);
      show();
      clock.advance(10);
    }
    const frames = shell.err.text().split('\x1b[?2026h').length - 2;
    expect(frames).toBeLessThanOrEqual(11);
    expect(frames).toBeGreaterThanOrEqual(8);
    expect(shell.err.text().slice(first)).not.toContain('1.1 profile');
  });

  it('gives the cursor back, also when the program ends at once', () => {
    const { shell, progress, show } = begin();
    show();
    expect(new Screen(80, 24).feed(shell.err.text()).cursorHidden).toBe(true);
    shell.exitNow(130);
    expect(new Screen(80, 24).feed(shell.err.text()).cursorHidden).toBe(false);
    progress.close();
    expect(shell.listeners()).toBe(0);
  });

  it('leaves no timer', () => {
    const { clock, progress, show } = begin();
    show();
    progress.close();
    expect(clock.pending).toBe(0);
  });

  it('stands aside while somebody is asked, and comes back below', () => {
    const { shell, clock, progress, log, show, screen } = begin();
    show();
    const goOn = progress.hold();
    progress.hold()();
    expect(screen()).toEqual([]);
    expect(new Screen(80, 24).feed(shell.err.text()).cursorHidden).toBe(false);
    shell.err.write('Allow this? y\n');
    log.wait(1000).finished('1.2');
    show();
    progress.aside(() => shell.err.write('a note\n'));
    clock.advance(5000);
    shell.err.resize(80, 24);
    expect(screen()).toEqual(['Allow this? y', 'a note']);
    goOn();
    goOn();
    expect(screen().slice(0, 2)).toEqual(['Allow this? y', 'a note']);
    expect(screen()[2]).toContain('Revenue trend');
    expect(new Screen(80, 24).feed(shell.err.text()).cursorHidden).toBe(true);
    progress.hold();
    progress.close();
    expect(screen().at(-1)).not.toContain('Ctrl-C');
    expect(clock.pending).toBe(0);
  });

  it('counts no time between two processes', () => {
    const { clock, progress, log, show, screen } = begin();
    const state = emptyState(log.run);
    progress.begin(state);
    for (const event of log.events) fold(state, event);
    clock.advance(30_000);
    expect(screen()[0]).toMatch(/Revenue trend.* 13\.3s/);
    log.wait(30_000).add('run.resumed', { abandoned: [], version: '1.2.3' });
    show();
    clock.advance(1000);
    expect(screen()[0]).toMatch(/Revenue trend.* 14\.[123]s/);
  });

  it('says that it is stopping', () => {
    const { progress, show, screen } = begin();
    show();
    progress.stopping();
    expect(screen().at(-1)).toContain('stopping');
  });

  it('fits a terminal that became smaller', () => {
    const { shell, show } = begin();
    show();
    const before = shell.err.text();
    shell.err.resize(40, 6);
    const redrawn = shell.err.text().slice(before.length);
    const lines = new Screen(40, 6).feed(redrawn).lines();
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(lines[0]).toContain('Revenue');
  });

  it('never clears the screen or what scrolled away', () => {
    const { shell, clock, progress, show } = begin();
    show();
    clock.advance(5000);
    progress.close();
    for (const clearing of ['\x1b[2J', '\x1b[3J', '\x1bc', '\x1b[?1049h', '\x1b[H']) {
      expect(shell.err.text()).not.toContain(clearing);
    }
  });
});
