import { view } from '../wire/octets.ts';

type Hash = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

const OBJECT_IDENTIFIER = 0x06;
const HASH_ALGORITHM = 0xa0;

/** Signatures that say their hash by their name (RFC 8017 App. C, RFC 5758 §3.2), as object identifiers in DER. */
const SIGNATURES: ReadonlyMap<string, Hash> = new Map([
  ['2a864886f70d010104', 'md5'],
  ['2a864886f70d010105', 'sha1'],
  ['2a864886f70d01010e', 'sha224'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha1'],
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);
/** RSASSA-PSS says it by its parameters. */
const RSASSA_PSS = '2a864886f70d01010a';
const HASHES: ReadonlyMap<string, Hash> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040204', 'sha224'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
]);

/**
 * The hash that a certificate was signed with (RFC 5280 §4.1.1.2), by Node's name, or `undefined` where there is not one
 * of its own, as with Ed25519. Node's own `X509Certificate` tells it from version 24.9 on only.
 */
export function signatureHash(certificate: Uint8Array): Hash | undefined {
  const [whole] = elements(certificate);
  const [, algorithm] = elements(whole?.content);
  const [identifier, parameters] = elements(algorithm?.content);
  const name = hex(identifier, OBJECT_IDENTIFIER);
  if (name !== RSASSA_PSS) return SIGNATURES.get(name);
  const [hashAlgorithm] = elements(parameters?.content);
  if (hashAlgorithm?.tag !== HASH_ALGORITHM) return 'sha1';
  const [sequence] = elements(hashAlgorithm.content);
  const [hash] = elements(sequence?.content);
  return HASHES.get(hex(hash, OBJECT_IDENTIFIER));
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

function hex(element: Element | undefined, tag: number): string {
  return element?.tag === tag ? view(element.content).toString('hex') : '';
}

/** The elements of a constructed value, one after another, as far as they are whole. */
function elements(content: Uint8Array = new Uint8Array()): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 1 < content.length; ) {
    const short = content[at + 1] ?? 0;
    const extra = short < 0x80 ? 0 : short - 0x80;
    const start = at + 2 + extra;
    if (extra > 3 || start > content.length) break;
    const length = extra === 0 ? short : view(content).readUIntBE(at + 2, extra);
    if (start + length > content.length) break;
    found.push({ tag: content[at] ?? 0, content: content.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
