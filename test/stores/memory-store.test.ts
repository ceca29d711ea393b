import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { storeContract } from '../contracts/store-contract.ts';

storeContract('memory store', async (settings) => memoryStore({ folder: '/runs', ...settings }));

it('gives each run a folder below its own', () => {
  expect(memoryStore({ folder: '/runs' }).folder('r-1')).toBe(join('/runs', 'r-1'));
});

it('uses the clock of the machine and a lease of ten seconds by default', async () => {
  const store = memoryStore({ folder: '/runs' });
  const before = Date.now();
  await store.create('r-1', 'me');
  const { owner } = await store.find('r-1');
  expect(store.leaseMs).toBe(10_000);
  expect(owner?.until).toBeGreaterThanOrEqual(before + store.leaseMs);
});
