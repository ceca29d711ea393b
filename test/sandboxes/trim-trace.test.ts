import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trimTrace } from '../../src/sandboxes/trim-trace.ts';

describe('a report of Node without what is not the program’s', () => {
  it('names the program’s own place first', () => {
    const report = `node:internal/modules/run_main:107
    triggerUncaughtException(
    ^

file:///box/program.mts:2
let y = (

SyntaxError [ERR_INVALID_TYPESCRIPT_SYNTAX]: Expression expected
    at parseTypeScript (node:internal/modules/typescript:72:36)
    at ModuleLoader.getOrCreateModuleJob (node:internal/modules/esm/loader:617:12) {
  code: 'ERR_INVALID_TYPESCRIPT_SYNTAX'
}

Node.js v24.21.0
`;
    expect(trimTrace(report)).toBe(`file:///box/program.mts:2
let y = (

SyntaxError [ERR_INVALID_TYPESCRIPT_SYNTAX]: Expression expected {
  code: 'ERR_INVALID_TYPESCRIPT_SYNTAX'
}

`);
  });

  it('keeps the program’s frames', () => {
    const report = `Error: boo
    at f (file:///box/program.mts:3:9)
    at ModuleJob.run (node:internal/modules/esm/module_job:561:25)
    at async file:///box/[eval1]:4:1
`;
    expect(trimTrace(report)).toBe('Error: boo\n    at f (file:///box/program.mts:3:9)\n');
  });

  it('leaves other text as it is', () => {
    fc.assert(fc.property(fc.string(), (text) => trimTrace(text) === text));
  });
});
