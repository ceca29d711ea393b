/** How one box has fared in a run. */
export interface BoxStatus {
  /** `stopped` when the run has ended or paused before it did; `skipped` for nodes that did not run. */
  status: 'running' | 'complete' | 'failed' | 'stopped' | 'skipped';
  /** Time that it has taken, in milliseconds. */
  ms?: number;
}

/** What a run adds to a drawing, by the id of a box. */
export type Overlay = ReadonlyMap<string, BoxStatus>;

const SIGNS: Readonly<Record<BoxStatus['status'], string>> = {
  running: '…',
  complete: '✓',
  failed: '✗',
  stopped: '■',
  skipped: '–',
};

/** A status in a sign and a word, never by colour alone. */
export function statusText({ status, ms }: BoxStatus, ascii = false): string {
  const time =
    ms === undefined
      ? ''
      : ` ${ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`}`;
  return ascii ? `[${status}${time}]` : `${SIGNS[status]} ${status}${time}`;
}
