import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { isLoopback } from '@restante/pop/server';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../failure.ts';
import { certificatePairs } from '../serve/certificates.ts';
import { hostName, servedDomains } from '../serve/served-domains.ts';
import { type Certificate, isSelfSigned, readCertificate } from '../tls/certificate.ts';
import { NameIndex } from '../tls/names.ts';
import { error, type Finding, ok, warning } from './finding.ts';

const DAY = 86_400_000;
/** Time enough to have a certificate renewed. */
const SOON = 30 * DAY;

export interface CertificateCircumstances {
  readonly data: string;
  readonly settings: Settings;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The certificates that serve would use: whole and with their keys, in date, with their chains, for the names that are called. */
export async function examineCertificates(circumstances: CertificateCircumstances): Promise<readonly Finding[]> {
  const { data, settings, now } = circumstances;
  const findings: Finding[] = [];
  const good: Certificate[] = [];
  for (const { files, where } of certificatePairs(data, settings)) {
    if (where === 'tls' && settings['tls.cert'] === undefined && !existsSync(files.cert)) {
      findings.push(ok(`${files.cert} is made at the first start, self-signed`));
      continue;
    }
    try {
      const certificate = await readCertificate(files, where);
      good.push(certificate);
      findings.push(...examineOne(certificate, settings, now));
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      findings.push(
        error(thrown.message, 'put a certificate and its key there, both in PEM form; serve does not start without'),
      );
    }
  }
  if (good.length > 0) findings.push(...examineNames(good, settings));
  return findings;
}

function* examineOne(certificate: Certificate, settings: Settings, now: number): Generator<Finding> {
  const { files, validFrom, validUntil, keyIsOpen, ours, chain } = certificate;
  const end = day(validUntil);
  if (validUntil < now)
    yield error(`${files.cert} ran out on ${end}`, ours ? 'start the office: it makes a new one' : 'renew it');
  else if (validFrom > now)
    yield error(`${files.cert} is good only from ${day(validFrom)}`, 'see whether the clock is right');
  else if (validUntil < now + SOON) {
    yield warning(
      `${files.cert} runs out on ${end}`,
      ours ? 'it is made anew a week before that: then give it to whoever trusts it' : 'renew it',
    );
  } else yield ok(`${files.cert} goes with its key and is good until ${end}`);
  if (keyIsOpen) yield error(`everybody on this machine can read the key ${files.key}`, `chmod o= ${files.key}`);
  if (isSelfSigned(chain[0])) yield* examineTrust(certificate, settings);
  else yield* examineChain(certificate, now);
}

/** Whom a self-signed certificate serves: this machine, and whoever was given it. */
function* examineTrust({ files }: Certificate, settings: Settings): Generator<Finding> {
  const strangers = [...settings['listen.pop3'], ...settings['listen.pop3s']].some(
    (address) => address.type === 'tcp' && !isLoopback(address.host) && address.host !== 'localhost',
  );
  if (!strangers) yield ok(`${files.cert} is self-signed, and POP3 is spoken on this machine only`);
  else {
    yield warning(
      `${files.cert} is self-signed: nobody trusts it who was not given it`,
      'have one made that everybody trusts (docs/certificates.md), and name it in tls.cert',
    );
  }
}

/** Each certificate signed by the one behind it, up to one that clients know. */
function* examineChain({ files, chain }: Certificate, now: number): Generator<Finding> {
  for (const [index, one] of chain.entries()) {
    const issuer = chain[index + 1];
    if (index > 0 && Date.parse(one.validTo) < now) {
      yield error(`${files.cert}: ${nameOf(one)} in its chain ran out on ${day(Date.parse(one.validTo))}`, RENEW_CHAIN);
    }
    if (issuer !== undefined && !(one.checkIssued(issuer) && one.verify(issuer.publicKey))) {
      yield error(
        `${files.cert}: ${nameOf(one)} is not signed by ${nameOf(issuer)}, which stands behind it`,
        RENEW_CHAIN,
      );
      return;
    }
  }
  const last = chain[chain.length - 1] as X509Certificate;
  if (isSelfSigned(last) || isKnown(last)) {
    yield ok(`${files.cert} has its chain: ${chain.map(nameOf).join(', signed by ')}`);
    return;
  }
  yield warning(
    `${files.cert}: its chain ends with ${nameOf(last)}, whose issuer no client is sure to know`,
    `put the issuer's certificate behind it (the file that is often called fullchain.pem)`,
  );
}

const RENEW_CHAIN = 'put into the file the certificate first, and behind it those of its authorities in order';

/** Whether an authority that Node or this system trusts has signed it. */
function isKnown(certificate: X509Certificate): boolean {
  const trusted = [...getCACertificates('bundled'), ...getCACertificates('system')];
  return trusted.some((pem) => {
    try {
      const authority = new X509Certificate(pem);
      return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
    } catch {
      return false;
    }
  });
}

/** By which of its names the office can be called with TLS. */
function* examineNames(certificates: readonly Certificate[], settings: Settings): Generator<Finding> {
  const index = new NameIndex(certificates.map(({ names, files }) => [names, files.cert] as const));
  const hostname = hostName(settings);
  const has = index.find(hostname);
  if (has !== undefined) yield ok(`${has} is for ${hostname}`);
  else {
    const all = certificates.flatMap(({ names }) => names).join(', ') || 'no name';
    yield warning(
      `no certificate is for ${hostname}, the name of this office (they are for ${all})`,
      settings.hostname === undefined
        ? 'set hostname to the name that clients are told to call'
        : `have one made for ${hostname}, or set hostname to the name that clients are told to call`,
    );
  }
  yield* examineDomains(index, hostname, settings);
}

/** What mail programs put before a domain when they look for its POP3 server by themselves; last, nothing. */
const GUESSES = ['pop.', 'pop3.', 'mail.', ''];
/** Domains that are named; of more than these their number is told. */
const NAMED = 5;

/** No fault of an office: its clients may all be told to call it by its own name. But one that is called so is believed. */
function* examineDomains(index: NameIndex<string>, hostname: string, settings: Settings): Generator<Finding> {
  const without: string[] = [];
  for (const domain of servedDomains(settings)) {
    if (domain === hostname || domain === 'localhost' || GUESSES.some((guess) => guess + domain === hostname)) continue;
    const name = GUESSES.map((guess) => guess + domain).find((each) => index.find(each) !== undefined);
    if (name === undefined) without.push(domain);
    else yield ok(`${index.find(name)} is for ${name}, by which the domain ${domain} can be called`);
  }
  if (without.length === 0) return;
  const more = without.length > NAMED ? ` and ${without.length - NAMED} more` : '';
  yield ok(
    `no certificate is for ${without.slice(0, NAMED).join(', ')}${more}: mail programs of people there are to call ${hostname}`,
  );
}

function nameOf(certificate: X509Certificate): string {
  const [, name] = /^CN=(.*)$/m.exec(certificate.subject) ?? /^O=(.*)$/m.exec(certificate.subject) ?? [];
  return name === undefined ? 'a certificate without a name' : JSON.stringify(name.slice(0, 64));
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
