/** How a secret looks wherever it is printed. */
const SHOWN = (name: string): string => `[secret ${name}]`;

/** What a secret may be called: names of variables, at most 128 characters. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Whether a text can be the name of a secret: letters, digits and `_`, no digit first. */
export function isSecretName(text: string): boolean {
  return NAME.test(text);
}

/**
 * A value that is never printed: text, JSON, inspection, copying and cloning show its name only, or
 * nothing (threat T14). `reveal` is called where the value leaves the program: a header, a child's
 * channel.
 */
export class Secret {
  readonly #name: string;
  readonly #value: string;

  constructor(name: string, value: string) {
    this.#name = name;
    this.#value = value;
    // Without fields of its own nothing is there to be listed, copied or cloned.
    Object.freeze(this);
  }

  /** What it is called. */
  get name(): string {
    return this.#name;
  }

  /** The value itself. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN(this.#name);
  }

  toJSON(): string {
    return SHOWN(this.#name);
  }

  [Symbol.toPrimitive](): string {
    return SHOWN(this.#name);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN(this.#name);
  }
}
