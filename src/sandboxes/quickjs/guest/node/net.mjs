import { refusal, refusing } from '../absent.mjs';
import { EventEmitter } from '../events.mjs';

/** A connection that is refused by an event, as those are that fail later. */
class Socket extends EventEmitter {
  constructor() {
    super();
    setImmediate(() => this.emit('error', refusal('node:net')));
  }
  write() {
    return false;
  }
  end() {
    return this;
  }
  destroy() {
    return this;
  }
}

export const connect = () => new Socket();
export const createConnection = connect;
export const createServer = refusing('node:net createServer');
export { Socket };
