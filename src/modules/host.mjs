// Runs the tools of a workflow's modules, in a process of their own. In: load, call, approval, cancel.
// Out: loaded, failed, result, progress.
import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
import { keepPrinted, listen, said, send } from './channel.mjs';
import { hook } from './module-hook.mjs';

/** Characters that are kept of what a call prints. */
const MOST_PRINTED = 10_000;

/** The call that some code belongs to. */
const calls = new AsyncLocalStorage();
/** Tools by name, and calls that are not over by id. */
const tools = new Map();
const open = new Map();

listen(receive, said);
// What a call prints belongs to its log; what belongs to no call goes where it always goes.
keepPrinted((text) => {
  const call = calls.getStore();
  if (!call) return false;
  const room = MOST_PRINTED - call.printed.length;
  if (room > 0) call.printed += text.slice(0, room);
  return true;
});

function receive(message) {
  if (message.kind === 'load') void load(message);
  else if (message.kind === 'cancel') open.get(message.id)?.abort(new Error('the call was ended'));
  else void answer(message);
}

async function load({ modules, ...places }) {
  hook({ ...places, whose: 'the tools' });
  let at = '';
  try {
    const { isTool, toTools } = await import(places.entry);
    const found = [];
    for (const path of modules) {
      at = path;
      const names = await import(pathToFileURL(`${places.folder}/${path}`).href);
      const given = new Set(Object.values(names).flat(8).filter(isOne));
      for (const one of given) {
        const [tool] = isTool(one) ? [one] : toTools([one]);
        found.push(described(tool, path));
        tools.set(tool.name, tool);
      }
    }
    send({ kind: 'loaded', tools: found });
  } catch (error) {
    send({ kind: 'failed', error: said(error), module: at });
  }
}

/** Whether an export is a tool: functions of a module are its own business. */
function isOne(value) {
  if (typeof value !== 'object' || value === null || typeof value.name !== 'string') return false;
  return ['run', 'execute', 'handler'].some((name) => typeof value[name] === 'function');
}

function described(tool, module) {
  const { run, approval, ...rest } = tool;
  return { ...rest, module, approval: approval !== undefined };
}

async function answer({ kind, id, tool: name, args, secrets = {}, agent = '' }) {
  const tool = tools.get(name);
  const ended = new AbortController();
  const call = { printed: '' };
  open.set(id, ended);
  try {
    if (!tool) throw new Error(`there is no tool ${name} in the modules any more`);
    const given = Object.entries(secrets).map(([key, value]) => [key, { reveal: () => value }]);
    const context = {
      signal: ended.signal,
      secrets: new Map(given),
      progress: (text) => send({ kind: 'progress', id, text: String(text).slice(0, 1000) }),
      agent,
    };
    const work = kind === 'approval' ? () => tool.approval(args) : () => tool.run(args, context);
    const value = await calls.run(call, async () => work());
    send({ kind: 'result', id, value: value ?? null, printed: call.printed });
  } catch (error) {
    send({ kind: 'result', id, error: said(error), printed: call.printed });
  } finally {
    open.delete(id);
  }
}
