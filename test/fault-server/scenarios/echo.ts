import type { Handler } from '../server.ts';

/** Answers with the last message of the question. */
export const handler: Handler = ({ body }) => body.messages.at(-1)?.content ?? '';
