import { type Clock, systemClock } from '@restante/pop/server';
import type { Settings } from '../config/settings.ts';
import type { Log } from '../observe/log.ts';
import type { Certificate } from '../tls/certificate.ts';
import { Certificates, type NamedPair } from '../tls/certificates.ts';
import { ownFiles, provideOwn } from '../tls/own-certificate.ts';
import { watchFiles } from '../tls/watch-files.ts';

const DAY = 86_400_000;

export interface CertificatesInForceOptions {
  readonly data: string;
  readonly settings: Settings;
  readonly hostname: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** The certificates of an office that is open: new ones are taken when their files change, and when they are asked for. */
export interface CertificatesInForce {
  readonly certificates: Certificates;
  /** Reads the files now, and says in the log what became of each. */
  reread(): Promise<void>;
  close(): void;
}

/** Opens them as the settings name them; the pair in the data folder is made when it is to be used and is not there. */
export async function openCertificates(options: CertificatesInForceOptions): Promise<CertificatesInForce> {
  const { settings, log, clock = systemClock } = options;
  const pairs = certificatePairs(options.data, settings);
  const provide = async (): Promise<void> => {
    if (settings['tls.cert'] !== undefined) return;
    const { cert } = ownFiles(options.data);
    if (await provideOwn(options.data, options.hostname, clock.now())) {
      log.warn(
        `the certificate ${cert} is about to run out and was renewed: give it anew to whoever trusts the old one`,
      );
    }
  };
  await provide();

  let certificates: Certificates | undefined;
  const reread = async (asked: boolean): Promise<void> => {
    for (const each of (await certificates?.reread()) ?? []) {
      const { cert } = each.certificate.files;
      if (each.type === 'renewed') log.info(`the certificate ${cert} is a new one, ${until(each.certificate)}`);
      else if (each.type === 'unchanged' && asked) log.info(`the certificate ${cert} is the same as before`);
      else if (each.type === 'refused' && (asked || !each.again)) {
        log.warn(`${each.reason}; the certificate before it stays in force, ${until(each.certificate)}`);
      }
    }
  };
  const failed = (err: unknown): void => log.error({ err }, 'the certificates could not be read anew');
  // Before they are read, so that no change falls between.
  const watching = await watchFiles({
    paths: pairs.flatMap(({ files }) => [files.cert, files.key]),
    onChange: () => void reread(false).catch(failed),
    clock,
  });
  try {
    certificates = await Certificates.open(pairs, {
      refuseUnknownNames: settings['tls.unknown_name'] === 'refuse',
      minVersion: settings['tls.minimum_version'] === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    });
  } catch (thrown) {
    watching.close();
    throw thrown;
  }

  const daily = (): void => {
    // What is made then is a change like any other.
    provide().catch(failed);
    timer = clock.set(daily, DAY);
  };
  let timer = clock.set(daily, DAY);
  const close = (): void => {
    timer.clear();
    watching.close();
  };
  return { certificates, reread: () => reread(true), close };
}

/** The pairs that are served, that for clients which name nobody first. */
export function certificatePairs(data: string, settings: Settings): readonly [NamedPair, ...NamedPair[]] {
  const { 'tls.cert': cert, 'tls.key': key, 'tls.also': also } = settings;
  const files = cert !== undefined && key !== undefined ? { cert, key } : ownFiles(data);
  return [{ files, where: 'tls' }, ...also.map((pair, index) => ({ files: pair, where: `tls.also[${index}]` }))];
}

function until({ validUntil }: Certificate): string {
  return `good until ${new Date(validUntil).toISOString().slice(0, 10)}`;
}
