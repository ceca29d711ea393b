import { describe, expect, it } from 'vitest';
import { stopOnce } from '../../src/cli/stop-once.ts';
import { fakeShell } from './fake-shell.ts';

describe('stopping something that takes its time', () => {
  it.each([
    ['SIGINT', 7, 130],
    ['SIGTERM', 143, 143],
  ] as const)('%s stops it, and the second one ends the program', (name, status, exit) => {
    const shell = fakeShell();
    const stops = stopOnce(shell);
    expect(stops.signal.aborted).toBe(false);
    shell.signal(name);
    expect(stops.signal.aborted).toBe(true);
    expect(stops.status()).toBe(status);
    expect(shell.exited()).toBeUndefined();
    shell.signal(name);
    expect(shell.exited()).toBe(exit);
    stops.forget();
    expect(shell.listeners()).toBe(0);
  });

  it('stops when the reader of the output has gone', () => {
    const shell = fakeShell();
    const stops = stopOnce(shell);
    shell.out.close();
    expect(stops.signal.aborted).toBe(true);
    expect(stops.status()).toBe(7);
  });
});
