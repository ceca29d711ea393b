/** `<|im_end|>`, also with the broad bars and blanks that some models have. */
const BARRED = /<([|｜])(?=[\w▁ ]{1,40}[|｜]>)/g;
/** `[INST]`, `<<SYS>>`, `<start_of_turn>`, `</s>` and their like. */
const BRACKETED =
  /(\[)(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])|(<)(?=\/?(?:<SYS>>|start_of_turn>|end_of_turn>|s>|bos>|eos>))/g;

/** A text without the control words of chat templates, such as `<|im_end|>`, which some servers act on. */
export function withoutControlWords(text: string): string {
  return text.replace(BARRED, '< $1').replace(BRACKETED, '$1$2 ');
}
