// Runs one JavaScript or TypeScript program in an engine that was compiled to wasm, in a process of
// its own: the program has no memory, file or descriptor but what is handed to it here.
import { stripTypeScriptTypes } from 'node:module';
import { CallPipe } from './calls.mjs';
import { Engine } from './engine.mjs';
import { BoxFiles } from './files.mjs';
import { writeFrame, writeText } from './frames.mjs';
import { makeLoader } from './loader.mjs';
import { makeOperations } from './operations.mjs';
import { reportOf, syntaxError, typesReport } from './report.mjs';

/** With this status V8 ends when its memory is full; the host reads it so together with the words. */
const EXIT_MEMORY = 134;
const EXIT_CPU = 152;
/** What Node gives a program whose top-level await never ends. */
const EXIT_UNSETTLED = 13;

function takeJob(readFrame) {
  const job = { source: '', args: [], tools: [], orders: {}, secrets: [], files: [] };
  job.stdin = Buffer.alloc(0);
  const take = {
    C: ({ payload }) => {
      job.source = payload.toString();
    },
    F: ({ name, payload }) => job.files.push({ name, payload }),
    A: ({ payload }) => job.args.push(payload.toString()),
    T({ name, payload }) {
      job.tools.push(name);
      if (payload.length > 0) job.orders[name] = JSON.parse(payload.toString());
    },
    K: ({ name }) => job.secrets.push(name),
    I: ({ payload }) => {
      job.stdin = payload;
    },
  };
  let frame = readFrame();
  for (; frame.kind !== 'G'; frame = readFrame()) take[frame.kind]?.(frame);
  const limits = new URLSearchParams(readFrame().payload.toString().replaceAll('\n', '&'));
  return { ...job, mostFiles: Number(limits.get('files')), mostBytes: Number(limits.get('bytes')) };
}

/** Gives the host what the program left in `output/`. */
function handBack(channel, { files, job }) {
  const most = { files: job.mostFiles, bytes: job.mostBytes };
  files.collect(most, (frame) => writeFrame(channel, frame));
  writeFrame(channel, { kind: 'D' });
}

/** Ends the process; the files go to the host first. */
function makeFinish(channel, box) {
  return (status) => {
    handBack(channel, box);
    process.exit(status);
  };
}

function makeFail(program, finish) {
  return (error) => {
    writeText(2, `${reportOf(error, program)}\n`);
    finish(/\bout of memory\b/.test(error.text) ? EXIT_MEMORY : 1);
  };
}

/** Ends the process when its processor time is over: the engine asks again and again. */
function cpuWatch(seconds) {
  let looks = 0;
  return () => {
    looks += 1;
    if (looks % 64 !== 0) return false;
    const { user, system } = process.cpuUsage();
    if ((user + system) / 1e6 > seconds) process.exit(EXIT_CPU);
    return false;
  };
}

/** What the engine itself could not go on with: its stack or its memory came to an end. */
function brokenEngine({ name, message }, fail) {
  if (name === 'RangeError') return fail({ text: `RangeError: ${message}`, stack: '' });
  // An engine that has no memory left for an error throws nothing.
  const isMemory = /\bmemory\b|^null$|^undefined$/.test(message);
  return fail({ text: `InternalError: ${isMemory ? 'out of memory' : message}`, stack: '' });
}

/** Serves the program that comes next on the channel. */
export async function serve({ channel, readFrame, modules, words }) {
  const engine = await Engine.load(modules, words);
  writeFrame(channel, { kind: 'S' });
  const job = takeJob(readFrame);
  const { source } = job;
  const program = { name: words.language === 'typescript' ? 'program.mts' : 'program.mjs', source };
  const crowded = () => {
    writeFrame(channel, { kind: 'X', name: 'files' });
    writeFrame(channel, { kind: 'D' });
    process.exit(1);
  };
  const files = new BoxFiles({ ...words, mostBytes: job.mostBytes, stdin: job.stdin, crowded });
  for (const { name, payload } of job.files) files.give(name, payload);
  const finish = makeFinish(channel, { files, job });
  const fail = makeFail(program, finish);
  const guarded = (action) => {
    try {
      action();
    } catch (error) {
      brokenEngine(error, fail);
    }
  };
  const calls = words.calls === undefined ? undefined : new CallPipe(words.calls);
  const wake = (...news) => guarded(() => engine.tell(...news));
  const { operations, idle } = makeOperations({ files, calls, words, wake, finish, fail });
  const unsettled = () => {
    writeText(2, 'Warning: Detected unsettled top-level await\n');
    finish(EXIT_UNSETTLED);
  };
  const use = { operations, idle, unsettled, interrupted: cpuWatch(words.cpuSeconds) };
  const loader = makeLoader({ modules, files, kit: words.kit });
  const { args, tools, orders, secrets } = job;
  const facts = { args, tools, orders, secrets, program: program.name, hosts: words.hosts };
  const text = javascriptOf(program, finish);
  const unreadable = syntaxError(program.name, text);
  if (unreadable) {
    handBack(channel, { files, job });
    setImmediate(() => {
      throw unreadable;
    });
    return;
  }
  guarded(() => engine.run({ name: program.name, source: text, ...use, loader, facts }));
}

/** The program without its types; what cannot be read ends it. */
function javascriptOf({ name, source }, finish) {
  if (!name.endsWith('.mts')) return source;
  try {
    return stripTypeScriptTypes(source);
  } catch (error) {
    writeText(2, `${typesReport(error, name)}\n`);
    return finish(1);
  }
}
