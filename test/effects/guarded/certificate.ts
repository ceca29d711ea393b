import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate that vouches for itself, and its key, both as PEM. */
export interface TestCertificate {
  cert: string;
  key: string;
}

/** Makes one for these names and addresses, valid for a day around now. */
export function makeCertificate(names: readonly string[]): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = toBeSigned(names, publicKey);
  const signature = sign('sha256', signed, privateKey);
  const der = sequence(signed, ECDSA_SHA256, bits(signature));
  const text = der.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const DAY = 86_400_000;

function toBeSigned(names: readonly string[], publicKey: KeyObject): Buffer {
  const info = publicKey.export({ type: 'spki', format: 'der' });
  const serial = createHash('sha256').update(info).digest().subarray(0, 8);
  const title = sequence(set(sequence(COMMON_NAME, tagged(0x0c, Buffer.from('awp test')))));
  const now = Date.now();
  return sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), serial])),
    ECDSA_SHA256,
    title,
    sequence(time(now - DAY), time(now + DAY)),
    title,
    info,
    tagged(0xa3, sequence(constraints(), alternatives(names))),
  );
}

function constraints(): Buffer {
  const mayVouch = sequence(tagged(0x01, Buffer.from([0xff])));
  return sequence(oid('551d13'), tagged(0x01, Buffer.from([0xff])), tagged(0x04, mayVouch));
}

function alternatives(names: readonly string[]): Buffer {
  const all = names.map((name) => {
    if (isIP(name) === 4) return tagged(0x87, Buffer.from(name.split('.').map(Number)));
    return tagged(0x82, Buffer.from(name));
  });
  return sequence(oid('551d11'), tagged(0x04, sequence(...all)));
}

function tagged(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts));
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const bits = (bytes: Buffer): Buffer => tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const time = (ms: number): Buffer =>
  tagged(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')));

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
