import { AwpError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import type { Message } from '../../events/event.ts';
import type { Files } from '../../ports/effects.ts';

/**
 * The bytes of all images of a conversation by their SHA-256, from the run's folder; undefined when
 * there are none. Throws `model/no-image` when one is gone or is not the one that was meant.
 */
export async function readImages(
  files: Files,
  folder: string,
  messages: readonly Message[],
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  const images = messages.flatMap((message) =>
    message.role === 'user' ? (message.images ?? []) : [],
  );
  if (images.length === 0) return undefined;
  const bytes = new Map<string, Uint8Array>();
  for (const { path, sha256: sum } of images) {
    if (bytes.has(sum)) continue;
    const read = await files.readBytes(`${folder}/${path}`).catch((cause: unknown) => {
      throw lost(path, 'is gone', cause);
    });
    if (sha256(read) !== sum) throw lost(path, 'was changed');
    bytes.set(sum, read);
  }
  return bytes;
}

function lost(path: string, what: string, cause?: unknown): AwpError {
  return new AwpError('model/no-image', `the image ${path} of this run ${what}`, {
    hint: 'start a new run: this one cannot go on without it',
    ...(cause !== undefined && { cause }),
  });
}
