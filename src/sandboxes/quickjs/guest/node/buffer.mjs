import { Buffer } from '../buffer.mjs';

export const { atob, btoa } = globalThis;
export { Buffer };
