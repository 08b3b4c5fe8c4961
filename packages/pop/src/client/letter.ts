import type { Pop3Client } from './pop3-client.ts';
import type { Receipt } from './receipt.ts';
import type { Retrieval } from './retrieval.ts';
import type { MessageNumber, UniqueId } from './words.ts';

/** A letter of the maildrop, as this session's listings show it. */
export class Letter {
  readonly number: MessageNumber;
  /** What LIST says of its size: a hint. */
  readonly octets: number;
  /** Absent when the server has no unique-ids, or none for this letter. */
  readonly uniqueId: UniqueId | undefined;
  readonly #client: Pop3Client;

  /** For the client. */
  constructor(client: Pop3Client, number: MessageNumber, octets: number, uniqueId: UniqueId | undefined) {
    this.#client = client;
    this.number = number;
    this.octets = octets;
    this.uniqueId = uniqueId;
  }

  retrieve(options?: { readonly signal?: AbortSignal }): Retrieval {
    return this.#client.retrieve(this, options);
  }

  /** The header and so many lines of the body. */
  top(lines: number, options?: { readonly signal?: AbortSignal }): Promise<Buffer> {
    return this.#client.top(this.number, lines, options);
  }

  /** A receipt for a letter that an earlier session stored; see {@link Pop3Client.storedBefore}. */
  storedBefore(record: { readonly uniqueId: string; readonly octets: number; readonly sha256: string }): Receipt {
    return this.#client.storedBefore(this, record);
  }
}
