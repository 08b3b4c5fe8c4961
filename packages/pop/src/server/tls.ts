import { constants } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';

/**
 * Certificate and key. A function is asked at each handshake, without a name and again with the one the client asked
 * for (SNI), so that a renewed certificate takes effect; `undefined` for a name ends the handshake (TLS-19). Let it
 * answer the same object, or one with the same values, for as long as nothing changed: contexts are kept.
 */
export type TlsSource = SecureContextOptions | ((servername?: string) => SecureContextOptions | undefined);

/** Authenticated encryption with forward secrecy, and nothing else (TLS-22, STLS-16; RFC 9325 §4.2). */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** Contexts kept for later handshakes: enough for some dozens of names, each with its old and its new certificate. */
const MOST_CONTEXTS = 128;

/**
 * The alert record that ends a handshake for a name nobody here has: fatal, unrecognized_name(112) (RFC 6066 §3). Node has
 * no way to send it; while the ClientHello is looked at nothing is encrypted yet, so that it can be written as it is.
 */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

/** The server's half of TLS: one policy for every listener, whether TLS begins at once or by a command. */
export class ServerTls {
  readonly #source: TlsSource;
  readonly #alpn: readonly string[] | undefined;
  readonly #contexts: { readonly options: SecureContextOptions; readonly context: SecureContext }[] = [];

  /** Throws when the certificate and key, given as values, cannot be used. */
  constructor(source: TlsSource, alpn?: string) {
    this.#source = source;
    this.#alpn = alpn === undefined ? undefined : [alpn];
    if (typeof source !== 'function') this.#context(source);
  }

  /** Wraps a connection; the handshake then begins. No client certificate is asked for (TLS-10). */
  wrap(stream: Duplex): TLSSocket {
    const source = this.#source;
    const options = typeof source === 'function' ? source() : source;
    if (options === undefined) throw new Error('there is no certificate');
    return new TLSSocket(stream, {
      isServer: true,
      requestCert: false,
      secureContext: this.#context(options),
      ...(this.#alpn !== undefined && { ALPNProtocols: [...this.#alpn] }),
      ...(typeof source === 'function' && {
        SNICallback: (servername, choose) => {
          try {
            const named = source(servername);
            if (named !== undefined) return choose(null, this.#context(named));
            stream.write(UNRECOGNIZED_NAME);
            choose(new Error('there is no certificate for the name asked for'));
          } catch (error) {
            choose(error as Error);
          }
        },
      }),
    });
  }

  #context(options: SecureContextOptions): SecureContext {
    const kept = this.#contexts.find((each) => same(each.options, options));
    if (kept !== undefined) return kept.context;
    const context = createSecureContext({
      ciphers: CIPHERS,
      honorCipherOrder: true,
      ...options,
      // A client must not have the handshake, the dearest thing there is, done over and over (TLS 1.2; 1.3 has no such
      // thing). Node by itself allows three in ten minutes; OpenSSL refuses each with an alert.
      secureOptions: (options.secureOptions ?? 0) | constants.SSL_OP_NO_RENEGOTIATION,
      minVersion: options.minVersion === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
    });
    this.#contexts.unshift({ options: { ...options }, context });
    this.#contexts.length = Math.min(this.#contexts.length, MOST_CONTEXTS);
    return context;
  }
}

function same(one: SecureContextOptions, other: SecureContextOptions): boolean {
  const keys = Object.keys(one) as (keyof SecureContextOptions)[];
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
