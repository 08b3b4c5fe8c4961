/** How a connection is kept from others. */
export type Security =
  | { readonly tls: false }
  | {
      readonly tls: true;
      /** Whether TLS came first, or by STLS. */
      readonly by: 'implicit' | 'stls';
      /** For example `TLSv1.3`. */
      readonly version: string;
      readonly cipher: string;
      /** The ALPN protocol agreed on, `pop3` where the server knows it. */
      readonly alpn?: string;
      /** Whether it is known whose certificate that is: it was verified, or is one of the pins. */
      readonly verified: boolean;
      /** The name in the certificate that fits the host asked for; absent when it was not verified by name. */
      readonly verifiedName?: string;
      /** The pin that the certificate fits. */
      readonly pin?: string;
      /** SHA-256 of the certificate, in hexadecimal. */
      readonly fingerprint: string;
    };
