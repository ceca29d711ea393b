/** Where something stands in the text of an expression: offsets, `to` behind the last character. */
export interface Span {
  from: number;
  to: number;
}

/** Comparison operators; `not in` and `is not` are one each. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in' | 'is' | 'is not';
/** Arithmetic operators, as Python has them: `//` rounds down, `%` takes the sign of the divisor. */
export type Arithmetic = '+' | '-' | '*' | '/' | '//' | '%';

/** A read expression (runtime 2.5). It cannot do anything but look at values. */
export type Expression = Span &
  (
    | { kind: 'literal'; value: string | number | boolean | null }
    | { kind: 'name'; name: string }
    | { kind: 'list'; items: readonly Expression[] }
    /** `{}`, the usual default of `.get`. */
    | { kind: 'empty-map' }
    | { kind: 'field'; of: Expression; name: string }
    | { kind: 'index'; of: Expression; at: Expression }
    | { kind: 'get'; of: Expression; key: Expression; fallback: Expression | undefined }
    | { kind: 'len'; of: Expression }
    | { kind: 'not'; of: Expression }
    | { kind: 'sign'; sign: '+' | '-'; of: Expression }
    | { kind: 'and' | 'or'; parts: readonly Expression[] }
    | { kind: 'arithmetic'; operator: Arithmetic; left: Expression; right: Expression }
    | {
        kind: 'comparison';
        first: Expression;
        rest: readonly { operator: Comparison; value: Expression }[];
      }
  );

/** Why a text is no expression. */
export interface ExpressionError extends Span {
  /** X1: wrong syntax. X2: too long or too deep. X4: something the grammar does not have. */
  code: 'X1' | 'X2' | 'X4';
  message: string;
  help: string;
}

/** Thrown inside of this folder only. */
export class Unreadable extends Error {
  readonly error: ExpressionError;

  constructor(error: ExpressionError) {
    super(error.message);
    this.error = error;
  }
}
