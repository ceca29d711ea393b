import { EventEmitter, once } from '../events.mjs';

EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = once;

export { EventEmitter, EventEmitter as whole, once };
