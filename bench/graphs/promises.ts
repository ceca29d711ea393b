import type { Engine } from './engine.ts';

/** The floor: the same functions, and a promise for each. */
export const promises: Engine = {
  async build({ nodes }, work) {
    return async () => {
      const started = new Map<string, Promise<number>>();
      for (const node of nodes) {
        const before = node.needs.map((id) => started.get(id) ?? 0);
        const run = async (): Promise<number> => work(node, await Promise.all(before));
        started.set(node.id, run());
      }
      await Promise.all(started.values());
    };
  },
};
