import type { LedgerDeed, LedgerEntry } from '../store/ledger/entry.ts';
import { grouped } from './table.ts';

/** What an entry of the ledger is about, in a few words. */
export function deeds(entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'password':
      return 'password changed';
    case 'disabled':
    case 'enabled':
      return `account ${entry.kind}`;
    case 'policy':
      return 'policy changed';
    case 'undelete':
    case 'purge':
    case 'retention':
    case 'session': {
      const counts = [
        ['fetched', entry.retrieved],
        ['looked at', entry.viewed],
        [entry.kind === 'retention' ? 'expired' : 'deleted', entry.removed],
        ['brought back', entry.restored],
        ['destroyed for good', entry.destroyed],
      ] as const;
      const told = counts.filter(([, count]) => count > 0).map(([deed, count]) => `${deed} ${grouped(count)}`);
      return told.join(', ') || 'nothing';
    }
  }
}

/** What happened to one letter. */
export function deedOf(deed: LedgerDeed, kind: LedgerEntry['kind']): string {
  switch (deed) {
    case 'retrieved':
      return 'fetched';
    case 'viewed':
      return 'looked at';
    case 'removed':
      return kind === 'retention' ? 'expired' : 'deleted';
    case 'restored':
      return 'brought back';
  }
}

/** From where, who, and over what. */
export function who({ address, login, account, device, mechanism, tls, cipher, kind }: LedgerEntry): string[] {
  const name = login === '' && kind === 'session' ? account : login;
  const over =
    kind === 'session' ? `${tls === '' ? 'no TLS' : `${tls} ${cipher}`}${mechanism && `, ${mechanism}`}` : '';
  return [printable(address), printable(device === '' ? name : `${name} (${device})`), printable(over)];
}

/** What a client wrote as its name draws nothing on a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
