import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { storeContract } from '../contracts/store-contract.ts';

const base = mkdtempSync(join(tmpdir(), 'awp-store-'));
let folders = 0;

storeContract('sqlite store', async (settings) => {
  folders += 1;
  return await openSqliteStore({ folder: join(base, String(folders), '.awp'), ...settings });
});

afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});
