import type { Span } from './expression.ts';

/** Why an expression has no value, such as a missing key. Who evaluates decides what follows. */
export class ExpressionFailure extends Error {
  readonly reason: 'unknown-name' | 'no-value';
  readonly from: number;
  readonly to: number;

  constructor(reason: ExpressionFailure['reason'], message: string, { from, to }: Span) {
    super(message);
    this.name = 'ExpressionFailure';
    this.reason = reason;
    this.from = from;
    this.to = to;
  }
}

/** The failure of a part of an expression that has no value. */
export function failure(at: Span, message: string): ExpressionFailure {
  return new ExpressionFailure('no-value', message, at);
}
