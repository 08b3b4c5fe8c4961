import type { SecureContextOptions } from 'node:tls';
import { Failure } from '../failure.ts';
import { type Certificate, type CertificateFiles, certificateOf, readPair } from './certificate.ts';
import { NameIndex } from './names.ts';

/** A pair of files, and the table of the settings that names it (`tls`, `tls.also[1]`). */
export interface NamedPair {
  readonly files: CertificateFiles;
  readonly where: string;
}

/** What became of one pair when the files were read anew. */
export type Reread =
  | { readonly type: 'unchanged'; readonly certificate: Certificate }
  | { readonly type: 'renewed'; readonly certificate: Certificate }
  /** The pair that was in force stays so. `again`: this was said already, and nothing has changed since. */
  | { readonly type: 'refused'; readonly certificate: Certificate; readonly reason: string; readonly again: boolean };

export interface CertificatesOptions {
  /** Whether a client that asks for a name which no certificate has is turned away (TLS-19), or gets the first one. */
  readonly refuseUnknownNames: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

interface InForce {
  readonly pair: NamedPair;
  certificate: Certificate;
  mark: string;
  /** What was wrong with the files when they were last read, if anything was. */
  refused: string | undefined;
}

/** The certificates in force: each stays until another one is there that is whole and has its key. */
export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #all: readonly InForce[];
  #byName: NameIndex<Certificate>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: CertificatesOptions, all: readonly InForce[]) {
    this.#options = options;
    this.#all = all;
    this.#byName = this.#index();
  }

  /** Reads all pairs; the first is for clients that ask for no name. Rejects with a {@link Failure}. */
  static async open(pairs: readonly [NamedPair, ...NamedPair[]], options: CertificatesOptions): Promise<Certificates> {
    const all: InForce[] = [];
    for (const pair of pairs) {
      const octets = await readPair(pair.files, pair.where);
      const certificate = withVersion(certificateOf(octets, pair.files, pair.where), options);
      all.push({ pair, certificate, mark: octets.mark, refused: undefined });
    }
    return new Certificates(options, all);
  }

  /** For a client that asks for no name. */
  get first(): Certificate {
    return (this.#all[0] as InForce).certificate;
  }

  get all(): readonly Certificate[] {
    return this.#all.map(({ certificate }) => certificate);
  }

  /** When the first of them runs out, in milliseconds since 1970. */
  get firstEnd(): number {
    return Math.min(...this.all.map(({ validUntil }) => validUntil));
  }

  /** What TLS asks at each handshake: the same object for as long as nothing changes. */
  readonly source = (name?: string): SecureContextOptions | undefined => {
    if (name === undefined) return this.first.context;
    const named = this.#byName.find(name);
    if (named === undefined && this.#options.refuseUnknownNames) return undefined;
    return (named ?? this.first).context;
  };

  /** Reads the files anew; sessions that are open keep what they have. One call after the other. */
  reread(): Promise<readonly Reread[]> {
    const work = this.#turn.then(() => this.#reread());
    this.#turn = work.catch(() => {});
    return work;
  }

  async #reread(): Promise<readonly Reread[]> {
    const results: Reread[] = [];
    for (const each of this.#all) results.push(await rereadOne(each, this.#options));
    this.#byName = this.#index();
    return results;
  }

  #index(): NameIndex<Certificate> {
    return new NameIndex(this.#all.map(({ certificate }) => [certificate.names, certificate]));
  }
}

async function rereadOne(each: InForce, options: CertificatesOptions): Promise<Reread> {
  const { files, where } = each.pair;
  let mark = '';
  try {
    const octets = await readPair(files, where);
    mark = octets.mark;
    if (mark === each.mark) {
      each.refused = undefined;
      return { type: 'unchanged', certificate: each.certificate };
    }
    each.certificate = withVersion(certificateOf(octets, files, where), options);
    each.mark = mark;
    each.refused = undefined;
    return { type: 'renewed', certificate: each.certificate };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const refused = `${mark} ${thrown.message}`;
    const again = refused === each.refused;
    each.refused = refused;
    return { type: 'refused', certificate: each.certificate, reason: thrown.message, again };
  }
}

function withVersion(certificate: Certificate, { minVersion }: CertificatesOptions): Certificate {
  return { ...certificate, context: { ...certificate.context, minVersion } };
}
