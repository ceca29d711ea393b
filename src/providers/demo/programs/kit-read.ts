/**
 * Reading a table: encoding, separators, quotes, records. Part of every program that opens the
 * user's file. Texts of this folder are programs; what they promise is said in their comments.
 */
export const READ = String.raw`
// ---- Reading the table -------------------------------------------------------------------------
// Encoding: a byte order mark decides; else UTF-8 if the bytes are valid UTF-8, else Windows-1252.
function decode(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

// Rows of separated values (RFC 4180): a cell that starts with a quote ends at the next lone quote.
// Lines end with LF, CR LF or CR. Blank lines are skipped.
function* csvRows(text, separator) {
  const stop = separator.charCodeAt(0);
  const nextStop = (from) => {
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === stop || code === 10 || code === 13) break;
    }
    return at;
  };
  let at = 0;
  while (at < text.length) {
    const row = [];
    for (;;) {
      let cell = '';
      if (text[at] === '"') {
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          cell += text.slice(at, quote < 0 ? text.length : quote);
          at = quote < 0 ? text.length : quote + 1;
          if (text[at] !== '"') break;
          cell += '"';
          at++;
        }
      }
      const end = nextStop(at);
      cell += text.slice(at, end);
      at = end;
      row.push(cell);
      if (text[at] !== separator) break;
      at++;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    if (row.length > 1 || row[0].trim() !== '') yield row;
  }
}

// Records of a JSON array, or of lines with one object each. Columns are all keys, as they come.
function jsonRows(text) {
  let records;
  try {
    records = JSON.parse(text);
  } catch {
    records = text.split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line));
  }
  if (!Array.isArray(records)) throw new Error('the file is not an array of records');
  const places = new Map();
  for (const record of records) {
    for (const key of Object.keys(record ?? {})) if (!places.has(key)) places.set(key, places.size);
  }
  const header = [...places.keys()];
  const flat = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
  const rows = records.map((record) =>
    header.map((key) => (Object.hasOwn(record ?? {}, key) ? flat(record[key]) : undefined)),
  );
  return { header, rows };
}

// { header, columns, rows, ragged }: cells by column; rows is the number of data rows; ragged is
// the number of rows with more or fewer cells than the header. Absent cells are undefined, cells
// beyond the header are left out.
function readTable({ file, format, separator, header: hasHeader }) {
  const text = decode(readFileSync(file));
  const { header, rows } = format === 'json' ? jsonRows(text) : { rows: csvRows(text, separator) };
  let names = header;
  let columns = names?.map(() => []);
  let count = 0;
  let ragged = 0;
  for (const row of rows) {
    if (!names) {
      names = row.map((name, index) => (hasHeader === false ? 'column_' + (index + 1) : name.trim()));
      columns = names.map(() => []);
      if (hasHeader !== false) continue;
    }
    for (let index = 0; index < names.length; index++) columns[index].push(row[index]);
    if (row.length !== names.length) ragged++;
    count++;
  }
  if (count === 0) throw new Error('the file holds no rows');
  return { header: names, columns, rows: count, ragged };
}

// The cells of one column: by its place if the name there fits, else by its name, else by place.
function cellsOf(table, { name, index }) {
  const fits = (at) => table.header[at] !== undefined && table.header[at].trim() === name.trim();
  const place = fits(index) ? index : table.header.findIndex((_, at) => fits(at));
  const cells = table.columns[place < 0 ? index : place];
  if (!cells) throw new Error('the table has no column ' + JSON.stringify(name));
  return cells;
}

// An empty cell: absent, null, or nothing but blanks.
function isEmpty(cell) {
  return cell === undefined || cell === null || String(cell).trim() === '';
}
`;
