import type { BaitFacts, HostileProgram } from './types.ts';

/** What a group of programs writes down of one; the rest is the same for all of JavaScript. */
export type Draft = Omit<HostileProgram, 'language' | 'code'> & {
  language?: 'javascript' | 'typescript';
  /** Body of a function that may wait: it returns what it got, or throws. */
  body?: string;
  /** The whole text, for what must stand at the top of a module. */
  text?: (bait: BaitFacts) => string;
};

/** Why a program that only wants more than it may have is ended everywhere. */
export const WATCHED = 'time, memory, processes and output are watched from outside of every box';

/** Drafts as programs. */
export function programsOf(drafts: readonly Draft[]): HostileProgram[] {
  return drafts.map(({ body = '', text, language = 'javascript', ...rest }) => ({
    ...rest,
    language,
    code: text ?? ((bait) => attempt(bait, body)),
  }));
}

/** The facts under the names that the programs use. */
export function names(bait: BaitFacts): string {
  const { policy, ...facts } = bait;
  const named = { ...facts, limits: policy };
  return Object.entries(named)
    .map(([name, value]) => `const ${name.toUpperCase()} = ${JSON.stringify(value)};`)
    .join('\n');
}

/** The program around a body: it tells in one line what the body got. */
function attempt(bait: BaitFacts, body: string): string {
  return `${names(bait)}
const say = (word, what) => console.log(word + ': ' + String(what).slice(0, 300).replace(/\\s+/g, ' '));
// What stands in a text behind the mark; nothing when the mark is not in it.
const find = (text) => String(text).slice(String(text).indexOf(MARK) >>> 0, (String(text).indexOf(MARK) >>> 0) + 200);
const surface = (what) => ({ surface: what });
const soon = (promise) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(reject, 1500, new Error('no answer')); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
// The first answer of a socket.
const answer = (socket) => soon(new Promise((resolve, reject) => {
  socket.on('data', (data) => { resolve(find(data)); socket.destroy(); });
  socket.on('error', reject);
}));
try {
  const got = await (async () => {
${body}
  })();
  if (got && got.surface) say('SURFACE', got.surface);
  else if (got) say('ESCAPED', got === true ? 'it worked' : got);
  else say('CONTAINED', 'it got nothing');
} catch (error) {
  say('CONTAINED', error && error.message || error);
}
`;
}
