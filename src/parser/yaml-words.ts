/** What the YAML library found, in words for people. */
interface Words {
  message: string;
  help: string;
}

const QUOTE = 'put the text in quotes';
const BLOCK =
  'quote the text if the `:` belongs to it, or write the map on lines of its own, indented';

/** By the library's code of the error. */
const WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ['TAB_AS_INDENT', words('a tab is used to indent', 'indent with spaces, two for each level')],
  ['BAD_INDENT', words('the indentation does not fit', 'align it with what it belongs to')],
  [
    'MISSING_CHAR',
    words('a character is missing', 'look for a missing `:`, comma, quote or bracket'),
  ],
  ['UNEXPECTED_TOKEN', words('this does not belong here', QUOTE)],
  ['BAD_SCALAR_START', words('a text cannot start with this character', QUOTE)],
  [
    'BAD_DQ_ESCAPE',
    words('there is no such escape', 'write `\\\\` for a backslash, or use single quotes'),
  ],
  ['BLOCK_AS_IMPLICIT_KEY', words('a nested map cannot stand on the line of its key', BLOCK)],
  ['BLOCK_IN_FLOW', words('a block cannot stand inside of brackets', BLOCK)],
  [
    'MULTILINE_IMPLICIT_KEY',
    words('a key goes over several lines', `a \`:\` may be missing, or ${QUOTE}`),
  ],
  ['KEY_OVER_1024_CHARS', words('a key is longer than 1,024 characters', 'shorten it')],
  ['MULTIPLE_ANCHORS', words('two anchors for one value', 'keep one of them')],
  ['MULTIPLE_TAGS', words('two tags for one value', 'keep one of them')],
  [
    'BAD_PROP_ORDER',
    words('an anchor or tag stands at the wrong place', 'put it before the value'),
  ],
  ['ALIAS_PROPS', words('an alias cannot have an anchor or a tag', 'take it away')],
  ['BAD_ALIAS', words('this is no name of an anchor', 'write `*name`, or quotes around the text')],
  ['BAD_DIRECTIVE', words('this directive is not known', 'take the line with `%` away')],
  ['BAD_COLLECTION_TYPE', words('the tag does not fit the value', 'take the tag away')],
]);

function words(message: string, help: string): Words {
  return { message, help };
}

/** Words for an error; the library's own first line explains what the table does not know. */
export function yamlWords(
  code: string,
  message: string,
): { message: string; help: string; note?: string } {
  const known = WORDS.get(code);
  const [first = ''] = message.split('\n');
  const note = first.replace(/ at line \d+, column \d+:?$/, '');
  if (!known) return { message: note, help: 'look at the YAML around this place' };
  return { ...known, note };
}
