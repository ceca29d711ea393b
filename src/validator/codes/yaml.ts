import { manifest } from '../examples.ts';
import type { Card } from '../rule.ts';

const value = (text: string): string => manifest(`inputs:\n  topic: { default: ${text} }`);
const tenOf = (name: string): string => `[${Array.from({ length: 10 }, () => name).join(', ')}]`;
const LAUGHS = `inputs:
  a: { default: &a ${tenOf('ha')} }
  b: { default: &b ${tenOf('*a')} }
  c: { default: &c ${tenOf('*b')} }
  d: { default: &d ${tenOf('*c')} }
  e: { default: ${tenOf('*d')} }`;

/** What can be wrong with a YAML text before anything of the protocol is looked at. */
export const yamlCards: readonly Card[] = [
  {
    code: 'Y1',
    title: 'the text is YAML',
    severity: 'error',
    why: `Files are YAML 1.2 with its core schema; JSON is a part of it. All syntax errors of a file are told at
once, each with its place; an alias without its anchor and a \`<<\` that merges no map are among them.
Tabs cannot indent.`,
    bad: manifest('memory:\n\tenabled: true'),
    good: manifest('memory:\n  enabled: true'),
  },
  {
    code: 'Y2',
    title: 'a file is at most 1 MiB',
    severity: 'error',
    why: `The size is looked at before anything is read: a file that is too large could end the process. Long
texts, such as prompts and schemas, belong into files of their own. For the same reason a file has at
most 200,000 names and values.`,
    bad: manifest(`# ${'long '.repeat(210_000)}`),
    good: manifest('# short'),
  },
  {
    code: 'Y3',
    title: 'a file nests at most 64 levels',
    severity: 'error',
    why: `Nesting is measured on the raw text, before values are put together, because deep nesting exhausts the
stack of many readers. No part of the protocol nests so deep.`,
    bad: value(`${'['.repeat(80)}${']'.repeat(80)}`),
    good: value('[[[deep]]]'),
  },
  {
    code: 'Y4',
    title: 'aliases add at most 50,000 values',
    severity: 'error',
    why: `Aliases of aliases grow without limit: the five lines of the example stand for 100,000 words. Merges
with \`<<\` count too.`,
    bad: manifest(LAUGHS),
    good: manifest(
      'inputs:\n  first: { default: &words [one, two] }\n  second: { default: *words }',
    ),
  },
  {
    code: 'Y5',
    title: 'a key stands once in a map',
    severity: 'error',
    why: 'Of two equal keys most readers keep the last one and say nothing; which one was meant, nobody knows.',
    bad: manifest('state:\n  model: shared_dict\nstate:\n  initial: { topic: news }'),
    good: manifest('state:\n  model: shared_dict\n  initial: { topic: news }'),
  },
  {
    code: 'Y6',
    title: "tags are those of YAML's core schema",
    severity: 'error',
    why: `Tags such as \`!!python/object\` ask a reader to make things or to run code. Nothing here does; write
plain values, and \`\${NAME}\` for what comes from the environment.`,
    bad: value('!env TOPIC'),
    good: value('news'),
  },
  {
    code: 'Y7',
    title: 'no key is `__proto__`, `constructor` or `prototype`',
    severity: 'error',
    why: `In JavaScript programs these keys change more than the map that they stand in. As values, and as ids
where the standard allows them, they do no harm.`,
    bad: value('{ __proto__: { admin: true } }'),
    good: value('{ parent: { admin: true } }'),
  },
  {
    code: 'Y8',
    title: 'a file has one document',
    severity: 'error',
    why: 'Behind a line with `---` a second document begins, which nobody would read.',
    bad: `${manifest('')}---\nstate:\n  model: shared_dict\n`,
    good: manifest('state:\n  model: shared_dict'),
  },
  {
    code: 'Y9',
    title: 'a file is UTF-8 without control characters',
    severity: 'error',
    why: `NUL, escape and other control characters are no part of YAML, and a terminal that shows them can be
deceived. A byte order mark is fine; UTF-16 is not.`,
    bad: value('"ne\u0007ws"'),
    good: value('"ne\\x07ws"'),
  },
  {
    code: 'Y10',
    title: 'an alias does not stand inside of what it stands for',
    severity: 'error',
    why: 'Such a value would be endless.',
    bad: value('&all [news, *all]'),
    good: value('[news]'),
  },
  {
    code: 'Y11',
    title: 'numbers are finite, whole ones at most 2^53',
    severity: 'error',
    why: `Other numbers change when they go through JSON: \`9007199254740993\` would become \`9007199254740992\`,
and \`.inf\` nothing at all. Long ids are texts: put them in quotes.`,
    bad: value('9007199254740993'),
    good: value('"9007199254740993"'),
  },
  {
    code: 'Y12',
    title: 'keys are plain names',
    severity: 'error',
    why: `YAML allows lists and maps as keys; JSON, and every field of the protocol, has texts. A key has at most
1,024 characters.`,
    bad: manifest('state:\n  initial:\n    ? [topic, title]\n    : news'),
    good: manifest('state:\n  initial:\n    topic: news\n    title: news'),
  },
  {
    code: 'Y13',
    title: 'a file is a map of fields',
    severity: 'error',
    why: 'A manifest and an agent are maps; an empty file, a list or a single value is neither.',
    bad: `- ${manifest('').trim().replaceAll('\n', '\n  ')}\n`,
    good: manifest(''),
  },
];
