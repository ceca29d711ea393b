/**
 * A Python program that runs a handler. Its code is a text, which what every box has for it compiles
 * under a name of its own (`sandboxes/handlers.py`): lines are those of the code.
 */
export function pythonProgram(code: string): string {
  // A JSON text is a Python text with the same characters.
  return `_awp.handle(${JSON.stringify(code)}, globals())\n`;
}
