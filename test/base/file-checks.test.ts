import { describe, expect, it } from 'vitest';
import { fileWarning } from '../../src/base/file-checks.ts';

/** A file that begins as said and is filled up. */
function file(start: string | number[], size: number): Uint8Array {
  const head = typeof start === 'string' ? Buffer.from(start, 'latin1') : Buffer.from(start);
  return Buffer.concat([head, Buffer.alloc(Math.max(0, size - head.length), 32)]);
}

function png(width: number, height: number, size = 600): Uint8Array {
  const bytes = Buffer.from(file('\x89PNG\r\n\x1a\n', size));
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

describe('generated files', () => {
  it.each([
    ['a.png', png(640, 480), undefined],
    ['a.png', png(640, 480, 499), 'critical'],
    ['a.png', png(640, 9), 'warning'],
    ['a.PNG', file('<html>', 600), 'warning'],
    ['a.png', file('', 0), 'critical'],
    ['a.jpg', file('\xff\xd8\xff', 500), undefined],
    ['a.jpg', file('GIF89a', 500), 'warning'],
    ['a.pdf', file('%PDF-1.7', 200), undefined],
    ['a.pdf', file('no', 200), 'critical'],
    ['a.svg', Buffer.from('<svg width="1"/>'), undefined],
    ['a.svg', Buffer.from('<html></html>'), 'critical'],
    ['a.svg', Buffer.from('<svg><path d="M 0,NaN L 1,2"/></svg>'), 'critical'],
    ['a.svg', Buffer.from('<svg><text>NaN values</text></svg>'), undefined],
    ['a.csv', Buffer.from('a,b\r\n1,2'), undefined],
    ['a.csv', Buffer.from('\ufeffa,b\n , \n'), 'error'],
    ['a.tsv', Buffer.from('a\tb\n'), 'error'],
    ['a.json', Buffer.from('{"a": 1}'), undefined],
    ['a.json', Buffer.from('\ufeff[1]'), undefined],
    ['a.json', Buffer.from('42'), undefined],
    ['a.json', Buffer.from('[]'), 'error'],
    ['a.json', Buffer.from('{}'), 'error'],
    ['a.json', Buffer.from('{"a": NaN}'), 'error'],
    ['a.html', Buffer.from('<!doctype html><BODY class="x">'), undefined],
    ['a.html', Buffer.from('plain words'), 'warning'],
    ['a.xlsx', file('PK\x03\x04', 100), undefined],
    ['a.xlsx', file('PK\x03\x04', 99), 'warning'],
    ['a.parquet', file('PAR1', 200), undefined],
    ['a.md', Buffer.from('x'), undefined],
    ['a.md', Buffer.alloc(0), 'critical'],
    ['constructor', Buffer.from('x'), undefined],
    ['a.constructor', Buffer.from('x'), undefined],
  ])('%s (case %#) is judged %s', (path, bytes, severity) => {
    expect(fileWarning(path, bytes as Uint8Array)?.severity).toBe(severity);
  });
});
