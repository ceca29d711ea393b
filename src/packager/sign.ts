import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AwpError } from '../base/errors.ts';

/** Bytes of an Ed25519 signature. */
const SIGNATURE_BYTES = 64;

/**
 * A detached Ed25519 signature over the bytes of an archive, as one line of base64. `key` is a
 * private key in PEM. Throws `usage/bad-value`.
 */
export function signArchive(archive: Uint8Array, key: string): string {
  const signature = sign(null, archive, readKey(key, 'private'));
  return `${signature.toString('base64')}\n`;
}

/** Whether a signature is of this archive and by the owner of the public key (PEM). */
export function verifySignature(archive: Uint8Array, signature: string, key: string): boolean {
  const owner = readKey(key, 'public');
  const bytes = Buffer.from(signature.trim(), 'base64');
  // One spelling only: base64 that is read leniently would let a changed file pass.
  const exact = bytes.length === SIGNATURE_BYTES && bytes.toString('base64') === signature.trim();
  return exact && verify(null, archive, owner, bytes);
}

function readKey(pem: string, kind: 'private' | 'public'): KeyObject {
  const key = keyIn(pem, kind);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new AwpError('usage/bad-value', `this is no ${kind} Ed25519 key in PEM`, {
    hint: 'openssl genpkey -algorithm ed25519 -out me.pem; openssl pkey -in me.pem -pubout -out me.pub',
  });
}

function keyIn(pem: string, kind: 'private' | 'public'): KeyObject | undefined {
  try {
    if (kind === 'private') return createPrivateKey(pem);
    // A private key has its public half in it, but nobody should have to hand it over.
    return pem.includes('PRIVATE KEY') ? undefined : createPublicKey(pem);
  } catch {
    return undefined;
  }
}
