import { decodeBase64 } from '../wire/base64.ts';

/**
 * The four messages of SCRAM (RFC 5802 §7). Attributes have a fixed order; what may follow them is ignored, but `m=`, a
 * mandatory extension that nobody knows here, fails (SCRAM-05).
 * @module
 */

const NONCE = '[\\x21-\\x2b\\x2d-\\x7e]+';
const NAME = '(?:[^\\0=,]|=2C|=3D)+';
const EXTENSIONS = '(?:,[A-Za-ln-z]=[^\\0,]+)*';
const HEADER = `((?:(n|y)|p=([A-Za-z0-9.-]+)),(?:a=(${NAME}))?,)`;
const CLIENT_FIRST = new RegExp(`^${HEADER}(n=(${NAME}),r=(${NONCE})${EXTENSIONS})$`, 'u');
const SERVER_FIRST = new RegExp(`^r=(${NONCE}),s=([^,]+),i=([1-9][0-9]{0,9})${EXTENSIONS}$`, 'u');
const CLIENT_FINAL = new RegExp(`^(c=([^,]+),r=(${NONCE})${EXTENSIONS}),p=([^,]+)$`, 'u');
const SERVER_FINAL = new RegExp(`^(?:v=([^,]+)|e=([^\\0=,]+))${EXTENSIONS}$`, 'u');

export interface ClientFirst {
  /** The GS2 header, both commas included. */
  readonly header: string;
  /** `n`: the client cannot bind; `y`: it could, and believes that the server cannot; `p`: it does. */
  readonly flag: 'n' | 'y' | 'p';
  /** The channel binding's name, with `p`. */
  readonly binding: string | undefined;
  readonly authorizationIdentity: string | undefined;
  /** The message without its header. */
  readonly bare: string;
  readonly name: string;
  readonly nonce: string;
}

export function clientFirst(text: string): ClientFirst | undefined {
  const [, header, flag, binding, authorizationIdentity, bare, name, nonce] = CLIENT_FIRST.exec(text) ?? [];
  if (header === undefined || bare === undefined || name === undefined || nonce === undefined) return undefined;
  return {
    header,
    flag: flag === 'n' || flag === 'y' ? flag : 'p',
    binding,
    authorizationIdentity: authorizationIdentity === undefined ? undefined : unescaped(authorizationIdentity),
    bare,
    name: unescaped(name),
    nonce,
  };
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

export function serverFirst(text: string): ServerFirst | undefined {
  const [, nonce, salt = '', iterations] = SERVER_FIRST.exec(text) ?? [];
  const octets = decodeBase64(salt);
  if (nonce === undefined || octets === undefined) return undefined;
  return { nonce, salt: octets, iterations: Number(iterations) };
}

export interface ClientFinal {
  readonly withoutProof: string;
  readonly binding: Uint8Array;
  readonly nonce: string;
  readonly proof: Uint8Array;
}

export function clientFinal(text: string): ClientFinal | undefined {
  const [, withoutProof, binding = '', nonce, proof = ''] = CLIENT_FINAL.exec(text) ?? [];
  const [bindingOctets, proofOctets] = [decodeBase64(binding), decodeBase64(proof)];
  if (withoutProof === undefined || nonce === undefined) return undefined;
  if (bindingOctets === undefined || proofOctets === undefined) return undefined;
  return { withoutProof, binding: bindingOctets, nonce, proof: proofOctets };
}

/** The server's signature, or why there is none. */
export type ServerFinal = { readonly signature: Uint8Array } | { readonly error: string };

export function serverFinal(text: string): ServerFinal | undefined {
  const [, verifier, error] = SERVER_FINAL.exec(text) ?? [];
  if (error !== undefined) return { error };
  const signature = decodeBase64(verifier ?? '=');
  return signature === undefined ? undefined : { signature };
}

/** A name as it travels: `,` and `=` as =2C and =3D (SCRAM-04). */
export function escaped(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function unescaped(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
