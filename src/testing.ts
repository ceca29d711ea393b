/** For tests of programs that use `awp-agents`: a scripted model, a store in memory, a clock. */
export { recordTape, replayTape, type TestTapeOptions } from './data/tapes.ts';
export { type FixedClock, fixedClock } from './effects/fake-clock.ts';
export {
  type Script,
  type ScriptedAnswer,
  type ScriptedModel,
  type ScriptedOptions,
  scriptedModel,
} from './providers/scripted.ts';
export { type MemoryStoreOptions, memoryStore } from './stores/memory-store.ts';
