/**
 * An MCP server that does what none should, over stdio or, with `http` as its second argument, over
 * streamable HTTP on a free port that it prints. The first argument names its list of tools.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const [scenario = 'tools', transport = 'stdio'] = process.argv.slice(2);
const cancelled = [];
let revision = process.env.REVISION ?? '1';
if (process.env.CHANGES) revision = String(process.pid);
/** Answers to our own requests, by their id. */
const answers = new Map();
let asked = 0;

const object = (more = {}) => ({ type: 'object', properties: {}, ...more });
const tool = (name, more = {}) => ({
  name,
  description: `does ${name}`,
  inputSchema: object(),
  ...more,
});
const NUMBER = object({ properties: { n: { type: 'number' } }, required: ['n'] });

const LISTS = {
  tools: () => [
    tool('ok', { description: `revision ${revision}`, annotations: { readOnlyHint: true } }),
    ...['hang', 'die', 'wrong_id', 'big', 'deep', 'flood', 'noise', 'asks', 'change', 'pid'].map(
      (name) => tool(name),
    ),
    ...[
      'cancelled',
      'fails',
      'cut',
      'forget',
      'stderr',
      'odd',
      'env',
      'vanish',
      'refuses',
      'stream',
    ].map((name) => tool(name)),
    tool('lies', { outputSchema: NUMBER }),
    tool('no_structure', { outputSchema: NUMBER }),
    tool('honest', { outputSchema: NUMBER }),
  ],
  many: (page) => Array.from({ length: 500 }, (_, index) => tool(`tool_${page}_${index}`)),
  endless: (page) => [tool(`tool_${page}`)],
  circle: () => [tool('one')],
  clash: () => [tool('getUser'), tool('get_user'), tool('other')],
  twice: () => [tool('same'), tool('same')],
  names: () =>
    ['shell.execute', 'Ünïcode', '7up', '___', 'GetHTTPUrl', 'a'.repeat(300)].map((name) =>
      tool(name),
    ),
  schemas: () => [
    tool('good'),
    tool('no_object', { inputSchema: { type: 'array' } }),
    tool('text', { inputSchema: 'none' }),
    tool('remote', {
      inputSchema: object({ properties: { x: { $ref: 'http://127.0.0.1:9/x.json' } } }),
    }),
    tool('deep', { inputSchema: object({ properties: { x: nested(80) } }) }),
    tool('large', { inputSchema: object({ description: 'x'.repeat(300_000) }) }),
    tool('bad_result', { outputSchema: { $ref: 'other.json#/x' } }),
    tool('as_task', { execution: { taskSupport: 'required' } }),
    { description: 'no name' },
    'no tool',
  ],
  words: () => [
    tool('hidden', {
      description: `Adds.\u0007\u202e\u{e0049}\u{e0067} ${'long '.repeat(1000)}`,
      inputSchema: object({
        properties: { x: { type: 'string', description: 'an\u200b x', enum: ['\u200b'] } },
      }),
    }),
  ],
};
LISTS.stubborn = LISTS.tools;

function nested(levels) {
  return levels === 0 ? {} : { a: nested(levels - 1) };
}

function list(cursor) {
  const page = Number(cursor ?? 0);
  const tools = (LISTS[scenario] ?? LISTS.tools)(page);
  const shown = revision === 'gone' ? tools.filter(({ name }) => name !== 'ok') : tools;
  const last =
    { many: 19, endless: Number.POSITIVE_INFINITY, circle: Number.POSITIVE_INFINITY }[scenario] ??
    0;
  const next = scenario === 'circle' ? 1 : page + 1;
  return { tools: shown, ...(page < last && { nextCursor: String(next) }) };
}

const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });

/** What each tool does; `out` has `result`, `error`, `raw` and `cut`. */
const CALLS = {
  ok: (_, out) => out.result(text(`fine ${revision}`)),
  pid: (_, out) => out.result(text(process.pid)),
  env: (_, out) => out.result(text(JSON.stringify(process.env))),
  hang: () => {},
  die: () => {
    process.stderr.write(`the key ${process.env.KEY} broke\n`, () => process.exit(3));
  },
  wrong_id: ({ id }, out) => out.raw({ jsonrpc: '2.0', id: id + 1000, result: text('not yours') }),
  big: (_, out) => out.result(text('x'.repeat(100 * 1024 * 1024))),
  deep: (_, out) => out.result({ ...text('deep'), structuredContent: nested(500) }),
  flood: (_, out) => {
    for (let index = 0; index < 30_000; index++) {
      out.raw({
        jsonrpc: '2.0',
        method: 'notifications/message',
        params: { level: 'info', data: index },
      });
    }
    out.result(text('after the flood'));
  },
  stream: (_, out) => {
    const data = 'x'.repeat(7 * 1024 * 1024);
    for (let index = 0; index < 12; index++) {
      out.raw({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
    }
    out.result(text('after the stream'));
  },
  noise: (_, out) => {
    if (transport === 'stdio') process.stdout.write('Server is warming up...\n{"half": \n');
    out.result(text('after the noise'));
  },
  asks: async (_, out) => {
    const codes = [];
    for (const method of ['sampling/createMessage', 'elicitation/create', 'roots/list']) {
      codes.push(await ask(out, method));
    }
    out.result(text(codes.join(' ')));
  },
  change: (_, out) => {
    revision = '2';
    out.raw({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    out.result(text('changed'));
  },
  vanish: (_, out) => {
    revision = 'gone';
    out.raw({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    out.result(text('gone'));
  },
  cancelled: (_, out) => out.result(text(cancelled.length)),
  fails: (_, out) => out.result({ ...text(`no such thing, ${process.env.KEY}`), isError: true }),
  refuses: ({ id }, out) =>
    out.raw({ jsonrpc: '2.0', id, error: { code: -32602, message: 'wrong arguments' } }),
  cut: (_, out) => out.cut(),
  forget: (_, out) => {
    sessions.clear();
    out.result(text('forgotten'));
  },
  stderr: (_, out) => {
    process.stderr.write('e'.repeat(5_000_000), () => out.result(text('said a lot')));
  },
  odd: (_, out) => out.result({ content: 'no list' }),
  lies: (_, out) => out.result({ ...text('lie'), structuredContent: { n: 'seven' } }),
  no_structure: (_, out) => out.result(text('7')),
  honest: (_, out) => out.result({ ...text('7'), structuredContent: { n: 7 } }),
};

function ask(out, method) {
  const id = `ask-${asked++}`;
  out.raw({ jsonrpc: '2.0', id, method, params: {} });
  return new Promise((resolve) => answers.set(id, resolve));
}

function handle(message, out) {
  const { id, method, params } = message;
  if (method === undefined) answers.get(id)?.(message.error?.code ?? 'answered');
  else if (method === 'initialize') initialize(message, out);
  else if (method === 'notifications/cancelled') cancelled.push(params.requestId);
  else if (method === 'tools/list') out.result(list(params?.cursor));
  else if (method === 'tools/call') (CALLS[params.name] ?? CALLS.ok)(message, out);
  else if (id !== undefined) out.result({});
}

function initialize({ id, params }, out) {
  if (scenario === 'silent') return;
  if (scenario === 'exits') {
    process.stderr.write(`cannot start without ${process.env.KEY}\n`, () => process.exit(1));
    return;
  }
  if (scenario === 'refuses') {
    out.raw({ jsonrpc: '2.0', id, error: { code: -32603, message: 'not today' } });
    return;
  }
  const { protocolVersion } = params;
  const serverInfo = { name: 'hostile', version: '1.0.0' };
  out.result({ protocolVersion, serverInfo, capabilities: { tools: { listChanged: true } } });
}

const sessions = new Set();

function overStdio() {
  if (scenario === 'stubborn') {
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1000);
    // A child of its own, of the same group, that would outlive it.
    spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1000)'], {
      stdio: 'ignore',
    });
  }
  const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  let rest = '';
  process.stdin.on('data', (bytes) => {
    const lines = (rest + bytes).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      const result = (value) => write({ jsonrpc: '2.0', id: message.id, result: value });
      handle(message, { result, raw: write, cut: () => process.stdout.end(() => process.exit(0)) });
    }
  });
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function post(request, response) {
  const message = await readBody(request);
  const session = request.headers['mcp-session-id'];
  if (message.method !== 'initialize' && !sessions.has(session)) {
    response.writeHead(404).end();
    return;
  }
  if (message.id === undefined || message.method === undefined) {
    response.writeHead(202).end();
    handle(message, {});
    return;
  }
  const fresh = `session-${Math.random()}`;
  if (message.method === 'initialize') sessions.add(fresh);
  const id = message.method === 'initialize' ? { 'mcp-session-id': fresh } : {};
  response.writeHead(200, { 'content-type': 'text/event-stream', ...id });
  const raw = (value) => response.write(`event: message\ndata: ${JSON.stringify(value)}\n\n`);
  const result = (value) => {
    raw({ jsonrpc: '2.0', id: message.id, result: value });
    response.end();
  };
  const cut = () => response.socket.destroy();
  const answer = (value) => {
    raw(value);
    if (value.id !== undefined && value.method === undefined) response.end();
  };
  handle(message, { result, raw: answer, cut });
}

/** What the whole server does to requests, besides its tools. */
const HTTP = {
  redirect: (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:9/mcp' }).end(),
  unauthorized: (_, response) => response.writeHead(401).end('who are you'),
  page: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello'),
  broken: (_, response) => response.writeHead(503).end('later'),
  garbage: (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
};

function overHttp() {
  const server = createServer((request, response) => {
    const { method } = request;
    if (HTTP[scenario]) HTTP[scenario](request, response);
    else if (method === 'POST') post(request, response).catch(() => response.destroy());
    else if (method === 'DELETE') {
      sessions.delete(request.headers['mcp-session-id']);
      process.stdout.write('deleted\n');
      response.writeHead(200).end();
    } else response.writeHead(405).end();
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
  // Who started it holds its input open; when that one goes, it goes.
  process.stdin.on('end', () => process.exit(0)).resume();
}

if (transport === 'http') overHttp();
else overStdio();
