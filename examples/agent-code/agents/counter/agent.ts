import type { AgentCall, AgentOutput } from 'awp-agents';
import { wordsIn } from './words.ts';

/** Counting needs no model; the title does. */
export default async function count(call: AgentCall): Promise<AgentOutput> {
  const sentences = String(call.input.text).split(/(?<=\.)\s/);
  let words = 0;
  for (const sentence of sentences) {
    const sum = await call.tools.call('arithmetic.add', { a: words, b: wordsIn(sentence) });
    if (!sum.ok) throw new Error(sum.error);
    words = Number((sum.data as { result: number }).result);
  }
  call.log(`${words} words`);
  const { text } = await call.ask(`A title of at most four words for: ${call.input.text}`);
  return { words, title: text.trim() };
}
