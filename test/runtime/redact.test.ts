import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRedact } from '../../src/runtime/redact.ts';
import {
  complete,
  delegate,
  logOf,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

const SECRET = 'sk-Ä"1/2+3=very&secret';

const SPELLINGS: readonly (readonly [string, string])[] = [
  ['as it is', SECRET],
  ['base64', Buffer.from(SECRET).toString('base64')],
  ['base64url', Buffer.from(SECRET).toString('base64url')],
  ['hexadecimal', Buffer.from(SECRET).toString('hex')],
  ['percent-coded', encodeURIComponent(SECRET)],
  ['JSON text', JSON.stringify(SECRET)],
];

describe('secrets', () => {
  it.each(SPELLINGS)('are blanked out of facts: %s', (_, spelling) => {
    const redacted = makeRedact([SECRET])({ a: [`x ${spelling} y`], [spelling]: 1 });
    expect(JSON.stringify(redacted)).not.toContain(spelling.slice(2, -2));
    expect(JSON.stringify(redacted)).toContain('[secret]');
  });

  it('leaves everything else as it was', () => {
    const redact = makeRedact([SECRET, 'short']);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(redact(value)).toEqual(value);
      }),
    );
  });

  it.each(SPELLINGS)('never reach the log, a prompt or the result: %s', async (_, spelling) => {
    using folder = temporaryFolder();
    const prompts: string[] = [];
    let turn = 0;
    const host = testHost(folder.path, {
      secrets: [SECRET],
      script: ({ headers, messages }) => {
        prompts.push(JSON.stringify(messages));
        if (headers['x-awp-role'] === 'manager') {
          return turn++ === 0
            ? delegate({ worker_id: 'a', instructions: `use ${spelling}` })
            : complete(`it was ${spelling}`);
        }
        if (messages.at(-1)?.role === 'tool') return { summary: spelling, confidence: 1 };
        return { toolCalls: [{ name: 'file.read', args: { path: spelling } }] };
      },
    });
    const run = await startTestRun(host, testPlan({ tools: ['file.*'] }));
    await run.done;
    const log = JSON.stringify(await logOf(host.store));
    const core = spelling.replace(/^"|[="]+$/g, '');
    expect(log).not.toContain(core);
    expect(prompts.join('\n')).not.toContain(core);
    expect(run.state.status).toBe('complete');
  });
});
