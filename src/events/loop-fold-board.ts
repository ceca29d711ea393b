import type { LoopEventData } from './loop-events.ts';
import { type LoopReducer, loopStateOf } from './loop-reducer.ts';
import { taintFrame } from './taint.ts';

/** Facts about what the agents of a loop share: its board and its digests. */
export const boardReducers: {
  [T in Extract<keyof LoopEventData, 'board.posted' | 'digest.made'>]: LoopReducer<T>;
} = {
  'board.posted': (state, { data, agent = '' }, frame) => {
    const manager = state.frames.get(data.board);
    if (!manager || !frame) return;
    const loop = loopStateOf(manager);
    const { id, topic, payload, call } = data;
    const at = state.lastAt;
    loop.board.push({ id, topic, worker: frame.name, payload, at, ...(call && { call }) });
    if (call === undefined) loop.boardAuto.add(agent);
    // The manager is shown it, and so are workers that start later.
    taintFrame(manager, frame.taint);
    state.ready.add(manager.id);
  },

  'digest.made': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).digests.push(data);
    state.digests.set(data.sha256, data.digest);
    state.ready.add(frame.id);
  },
};
