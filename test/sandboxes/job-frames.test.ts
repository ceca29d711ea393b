import { describe, expect, it } from 'vitest';
import type { SandboxJob } from '../../src/ports/sandbox.ts';
import { FrameReader } from '../../src/sandboxes/frames.ts';
import { collectLimits, jobFrames } from '../../src/sandboxes/job-frames.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const policy = { ...POLICY, files: 10, filesBytes: 1000 };

const jobOf = (more: Partial<SandboxJob> = {}): SandboxJob => ({
  ...{ language: 'python', code: 'print("ü")', timeoutMs: 1000, policy },
  ...{ inputs: undefined, shared: undefined, output: [] },
  ...more,
});

/** The frames as a runner reads them. */
function framesOf(job: SandboxJob, more?: Parameters<typeof jobFrames>[1]): string[] {
  const frames = new FrameReader({ bytes: 1e6, frames: 100 }).add(jobFrames(job, more)) ?? [];
  return frames.map(({ kind, name, payload }) => `${kind} ${name} ${Buffer.from(payload)}`);
}

describe('a job as frames', () => {
  it('is its code, the word to go, and the limits for the collector', () => {
    expect(framesOf(jobOf())).toEqual(['C  print("ü")', 'G  ', 'L  files=10\nbytes=1000']);
  });

  it('has everything before the word to go, in the order in which runners read it', () => {
    const job = jobOf({
      output: [{ path: 'b/./a.txt', bytes: bytes('old') }],
      args: ['--n', '', 'ü\n'],
      stdin: bytes('typed'),
      tools: {
        names: ['data.query', 'files.read'],
        call: async () => ({ ok: true, status: 200, data: {} }),
      },
      secrets: { names: ['TOKEN'], valueFor: () => 'the value' },
    });
    const more = [{ kind: 'E', name: '', payload: bytes('mark') }];
    expect(framesOf(job, more)).toEqual([
      ...['C  print("ü")', 'F b/a.txt old', 'A  --n', 'A  ', 'A  ü\n'],
      ...['T data.query ', 'T files.read ', 'K TOKEN ', 'I  typed', 'E  mark', 'G  '],
      'L  files=11\nbytes=1003',
    ]);
    expect(framesOf(job).join()).not.toContain('the value');
  });

  it('has a standard input that is empty, other than none at all', () => {
    expect(framesOf(jobOf({ stdin: new Uint8Array() }))).toContain('I  ');
    expect(framesOf(jobOf())).not.toContain('I  ');
  });

  it('counts files that the worker brings along besides those that may come back', () => {
    const output = ['a', 'b'].map((path) => ({ path, bytes: new Uint8Array(70) }));
    expect(collectLimits(jobOf({ output }))).toEqual({ files: 12, bytes: 1140 });
  });

  it.each(['../a', '/a', 'a/../../b', '', '.', './', 'a\0', 'a\\b', 'C:/a'])(
    'is refused with a file at %j',
    (path) => {
      const job = jobOf({ output: [{ path, bytes: bytes('x') }] });
      expect(() => jobFrames(job)).toThrow(
        expect.objectContaining({
          code: 'sandbox/refused',
          message: expect.stringContaining(path),
        }),
      );
    },
  );
});
