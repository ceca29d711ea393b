import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
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

  it('that was broken off in the middle of a line is what came before', () => {
    const text = WHOLE + callLine(CALL).slice(0, 50);
    expect(readTape(text, 't')).toMatchObject({ calls: [CALL], sound: WHOLE });
  });

  it('that lacks only its last line end is whole', () => {
    expect(readTape(WHOLE.trimEnd(), 't')).toMatchObject({ calls: [CALL], sound: WHOLE });
    expect(readTape(headerLine(HEADER).trimEnd(), 't').calls).toEqual([]);
  });

  it('names the models behind those of the roles', () => {
    const fallback = { manager: ['x'], worker: ['y', 'z'] };
    const roles = { manager: 'm', worker: 'w', fallback };
    expect(readTape(headerLine({ ...HEADER, roles }), 't').header.roles).toEqual(roles);
  });

  it.each<[string, object]>([
    ['no fields', {}],
    ['no text', { toolCalls: [] }],
    ['a number as text', { text: 5, toolCalls: [] }],
    ['no list of calls', { text: '' }],
    ['a text as calls', { text: '', toolCalls: 'x' }],
    ['a call without a name', { text: '', toolCalls: [{ id: '', args: {} }] }],
    ['a call without arguments', { text: '', toolCalls: [{ id: '', name: 'a.b' }] }],
    ['negative tokens', { text: '', toolCalls: [], usage: { input: -1, output: 0 } }],
    ['absurd tokens', { text: '', toolCalls: [], usage: { input: 1e308, output: 0 } }],
    ['half a usage', { text: '', toolCalls: [], usage: { input: 1 } }],
    ['odd cached tokens', { text: '', toolCalls: [], usage: { input: 1, output: 1, cached: 'x' } }],
    ['a text as cost', { text: '', toolCalls: [], cost: '7' }],
    ['a negative cost', { text: '', toolCalls: [], cost: -7 }],
  ])('whose answer has %s is refused', (_, answer) => {
    const text = WHOLE + callLine({ ...CALL, answer: answer as JsonObject });
    expect(() => readTape(text, 'my.tape')).toThrow(
      expect.objectContaining({
        code: 'model/tape-damaged',
        message: 'line 3 of the tape my.tape has an answer that cannot be one',
      }),
    );
  });

  it.each<[string, JsonObject]>([
    ['usage', { usage: { input: -1, output: 0 } }],
    ['wait', { retryAfterMs: -1 }],
  ])('whose failure has no sound %s is refused', (_, fields) => {
    const failure = { code: 'model/auth', message: 'no', ...fields };
    const text = WHOLE + callLine({ ...CALL, answer: undefined, failure } as never);
    expect(() => readTape(text, 't')).toThrow('line 3 of the tape t has a failure that cannot');
  });

  it.each<[string, JsonObject]>([
    ['a rate that is a text', { price: { input: '1', output: 1 } }],
    ['a rate that is none', { price: { input: null, output: 1 } }],
    ['an odd price of what is cached', { price: { input: 1, output: 1, cachedInput: 'y' } }],
    ['odd prices of long prompts', { price: { input: 1, output: 1, long: 'x' } }],
    ['a model that is no text', { model: 7 }],
    ['no truth about simulated', { simulated: 'no' }],
  ])('that says of a model %s is refused', (_, facts) => {
    const text = WHOLE + modelLine({ name: 'n', service: 'acme', facts });
    expect(() => readTape(text, 't')).toThrow('line 3 of the tape t says of n what cannot be');
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
