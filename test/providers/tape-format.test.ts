import { describe, expect, it } from 'vitest';
import {
  callLine,
  headerLine,
  keyOf,
  modelLine,
  readTape,
  type TapeCall,
  type TapeHeader,
} from '../../src/providers/tape-format.ts';

const HEADER: TapeHeader = {
  program: '0.1.0',
  recorded: '2026-05-06T07:08:09.000Z',
  run: 'r-aaa0000000',
  roles: { manager: 'm', worker: 'w' },
  models: [{ name: 'm', service: 'acme', facts: { model: 'm', simulated: false } }],
};
const request = { model: 'm', messages: [{ role: 'user', text: 'hello' }] };
const CALL: TapeCall = {
  ...{ key: keyOf(request), attempt: 1, agent: 'manager', request, ms: 12 },
  pieces: [2, 3],
  answer: { text: 'hi you', toolCalls: [] },
};
const WHOLE = headerLine(HEADER) + callLine(CALL);

describe('a tape', () => {
  it('says what was written', () => {
    const other = { name: 'w', service: 'acme', facts: {} };
    const { answer: _, pieces: __, ...asked } = CALL;
    const failure = {
      ...{ code: 'model/rate-limited', message: 'slow down', hint: 'wait' },
      ...{ retryAfterMs: 2000, usage: { input: 1, output: 0 } },
    };
    const text = WHOLE + modelLine(other) + callLine({ ...asked, failure });
    expect(readTape(text, 't')).toEqual({
      header: { ...HEADER, models: [...HEADER.models, other] },
      calls: [CALL, { ...asked, failure }],
      sound: text,
    });
  });

  it.each([
    ['in the middle of a line', WHOLE + callLine(CALL).slice(0, 50)],
    ['before the line end', WHOLE + callLine(CALL).trimEnd()],
  ])('that was broken off %s is what came before', (_, text) => {
    expect(readTape(text, 't')).toMatchObject({ calls: [CALL], sound: WHOLE });
  });

  it.each([
    [1, 'is empty', ''],
    [1, 'is no JSON object', 'hello\n'],
    [1, 'is no head of a tape', callLine(CALL)],
    [1, 'is no head of a tape', '{"type":"tape"}\n'],
    [1, 'has no date', headerLine({ ...HEADER, recorded: 'yesterday' })],
    [1, 'names no models', headerLine(HEADER).replace('"models":[', '"other":[')],
    [1, 'names a model', headerLine(HEADER).replace('"facts"', '"fiction"')],
    [2, 'is no JSON object', `${headerLine(HEADER)}{"type":"call"\n`],
    [2, 'is empty', `${headerLine(HEADER)}\n`],
    [2, 'is of a kind', `${headerLine(HEADER)}{"type":"song"}\n`],
    [2, 'has no question', `${headerLine(HEADER)}{"type":"call"}\n`],
    [2, 'does not fit its key', WHOLE.replace('hello', 'hullo')],
    [2, 'has no answer', WHOLE.replace('"answer"', '"reply"')],
    [3, 'is no JSON object', `${WHOLE}\u0000\u0001\n${callLine(CALL)}`],
    [
      2,
      'a failure without a code',
      headerLine(HEADER) + callLine({ ...CALL, answer: undefined, failure: {} } as never),
    ],
    [2, 'is no JSON object', `${headerLine(HEADER)}${'['.repeat(200)}${']'.repeat(200)}\n`],
  ])('that is damaged in line %i is refused: %s', (line, problem, text) => {
    expect(() => readTape(text, 'my.tape')).toThrow(
      expect.objectContaining({
        code: 'model/tape-damaged',
        message: expect.stringMatching(
          new RegExp(`^line ${line} of the tape my.tape .*${problem}`),
        ),
      }),
    );
  });

  it('of a newer version is refused, whatever else is in it', () => {
    const text = headerLine({ ...HEADER, program: '9.1.0' }).replace('"version":1', '"version":2');
    expect(() => readTape(`${text}{"type":"hologram"}\n`, 't')).toThrow(
      expect.objectContaining({
        code: 'model/tape-newer',
        message: expect.stringContaining('9.1.0'),
      }),
    );
  });
});
