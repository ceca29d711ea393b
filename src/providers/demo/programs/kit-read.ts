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

// { header, columns, rows, ragged }: the cells of the wanted columns, by place; the other columns are
// undefined, so that large tables fit into memory. Wanted are columns by { name, index }, or by a
// function of index and header. rows counts data rows; ragged those with more or fewer cells than
// the header. Absent cells are undefined, cells beyond the header are left out.
function readTable({ file, format, separator, header: hasHeader }, wanted) {
  const text = decode(readFileSync(file));
  const source = format === 'json' ? jsonRows(text) : { rows: csvRows(text, separator) };
  let header = source.header;
  let columns = header && columnsFor(header, wanted);
  let count = 0;
  let ragged = 0;
  for (const row of source.rows) {
    if (!header) {
      header = row.map((name, index) => (hasHeader === false ? 'column_' + (index + 1) : name.trim()));
      columns = columnsFor(header, wanted);
      if (hasHeader !== false) continue;
    }
    for (let index = 0; index < columns.length; index++) columns[index]?.push(row[index]);
    if (row.length !== header.length) ragged++;
    count++;
  }
  if (count === 0) throw new Error('the file holds no rows');
  return { header, columns, rows: count, ragged };
}

function columnsFor(header, wanted) {
  const places = typeof wanted === 'function' ? undefined : wanted.map((column) => placeOf(header, column));
  return header.map((_, index) => ((places ? places.includes(index) : wanted(index, header)) ? [] : undefined));
}

// The place of a column: the stated one if the name there fits, else that of the name, else the stated.
function placeOf(header, { name, index }) {
  const fits = (at) => header[at] !== undefined && header[at].trim() === name.trim();
  const place = fits(index) ? index : header.findIndex((_, at) => fits(at));
  if (place < 0 && index >= header.length) throw new Error('the table has no column ' + JSON.stringify(name));
  return place < 0 ? index : place;
}

function cellsOf(table, column) {
  return table.columns[placeOf(table.header, column)];
}

// An empty cell: absent, null, or nothing but blanks.
function isEmpty(cell) {
  return cell === undefined || cell === null || String(cell).trim() === '';
}
`;
