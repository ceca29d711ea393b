import { isLoopbackHost } from '../base/hosts.ts';

/** Whether an address is on this machine: `localhost` and below, 127.0.0.0/8, `[::1]`. */
export function isLoopback(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname);
}
