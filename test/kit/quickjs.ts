import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from 'quickjs-emscripten-core';
import { KIT_CACHE } from '../../scripts/kit.ts';
import { type Ended, filesIn } from './programs.ts';

/** The least that a box with such an engine gives to a program: files, timers, a console, a renderer. */
const PRELUDE = `
const { __readText, __writeBytes, __draw, __say } = globalThis;
globalThis.console = { log: (...words) => __say(words.join(' ')) };
globalThis.__files = {
  readFileSync: (path) => __readText(path),
  writeFileSync: (path, data) =>
    typeof data === 'string' ? __writeBytes(path, data) : __writeBytes(path, data.slice().buffer),
  mkdirSync() {},
};
globalThis.__renderPng = async (svg) => new Uint8Array(await __draw(svg));
`;
const FILES = `
export const { readFileSync, writeFileSync, mkdirSync } = globalThis.__files;
`;

/** Runs a program in QuickJS with 48 MiB; the PNG is drawn outside. */
export async function runInQuickJs(folder: string, code: string): Promise<Ended> {
  const { renderPng } = await import(pathToFileURL(join(KIT_CACHE, 'resvg.mjs')).href);
  const engine = await newQuickJSWASMModuleFromVariant(
    import('@jitl/quickjs-ng-wasmfile-release-sync'),
  );
  // The engine and all that is in it go together when nobody holds them any more.
  const runtime = engine.newRuntime();
  runtime.setMemoryLimit(48 * 1024 * 1024);
  runtime.setModuleLoader(
    (name) => (name === 'node:fs' ? FILES : readFileSync(join(KIT_CACHE, name), 'utf8')),
    (_, name) => (name.startsWith('node:') ? name : `${name.replace(/^\.\/|\.mjs$/g, '')}.mjs`),
  );
  const context = runtime.newContext();
  let stdout = '';
  const timers: QuickJSHandle[] = [];
  const drawings: Promise<void>[] = [];
  const provide = (name: string, work: (...args: QuickJSHandle[]) => QuickJSHandle | undefined) => {
    using handle = context.newFunction(name, (...args) => work(...args) ?? context.undefined);
    context.setProp(context.global, name, handle);
  };
  provide('__readText', (path = context.undefined) =>
    context.newString(readFileSync(join(folder, context.getString(path)), 'utf8')),
  );
  provide('__writeBytes', (path = context.undefined, data = context.undefined) => {
    writeInto(join(folder, context.getString(path)), bytesOf(context, data));
    return undefined;
  });
  provide('__say', (words = context.undefined) => {
    stdout += `${context.getString(words)}\n`;
    return undefined;
  });
  provide('setTimeout', (callback = context.undefined) => {
    timers.push(callback.dup());
    return undefined;
  });
  provide('__draw', (svg = context.undefined) => {
    const promise = context.newPromise();
    const drawn = renderPng(context.getString(svg)).then((png: Uint8Array) => {
      using buffer = context.newArrayBuffer(new Uint8Array(png).buffer);
      promise.resolve(buffer);
    });
    drawings.push(drawn);
    return promise.handle;
  });
  context.unwrapResult(context.evalCode(PRELUDE)).dispose();
  const main = context.unwrapResult(context.evalCode(code, 'program.mjs', { type: 'module' }));
  for (;;) {
    runtime.executePendingJobs();
    await drawings.shift();
    const timer = timers.shift();
    if (timer) context.unwrapResult(context.callFunction(timer, context.undefined)).dispose();
    timer?.dispose();
    if (!runtime.hasPendingJob() && timers.length + drawings.length === 0) break;
  }
  const state = context.getPromiseState(main);
  const stderr = state.type === 'rejected' ? JSON.stringify(context.dump(state.error)) : '';
  const status = state.type === 'fulfilled' ? 0 : 1;
  return { status, stdout, stderr, files: filesIn(join(folder, 'output')) };
}

function bytesOf(context: QuickJSContext, data: QuickJSHandle): string | Uint8Array {
  if (context.typeof(data) === 'string') return context.getString(data);
  return context.getArrayBuffer(data).value;
}

function writeInto(path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
}
