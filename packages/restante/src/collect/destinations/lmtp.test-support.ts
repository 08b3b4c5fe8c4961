import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailServer } from '../../delivery/mail-server.ts';
import { LMTP } from '../../delivery/protocol.ts';
import { AccountRoutes } from '../../delivery/routes.ts';
import type { LmtpAddress } from '../../lmtp-client/lmtp-client.ts';
import { TrialAccounts } from '../../testing/trial-accounts.ts';
import { lettersOf, TrialStore } from '../../testing/trial-store.ts';
import { canonical } from './account.test-support.ts';
import type { DestinationUnderTest } from './conformance.test.kit.ts';
import { HavingIt } from './having-it.ts';
import { LmtpDestination } from './lmtp.ts';
import { Spool } from './spool.ts';

/** An LMTP server, and a folder for what is on its way there. */
export class LmtpOffice {
  readonly folder = mkdtempSync(join(tmpdir(), 'restante-lmtp-'));
  readonly store = new TrialStore();
  readonly #server: MailServer;
  address: LmtpAddress = { path: '' };

  private constructor() {
    const accounts = new TrialAccounts();
    for (const name of ['anna', 'bert']) {
      this.store.addMaildrop(name);
      accounts.put(name);
    }
    this.#server = new MailServer({
      protocol: LMTP,
      store: this.store,
      routes: new AccountRoutes({ accounts, domains: ['example.org'] }),
      hostname: 'store.example',
    });
  }

  static async start(): Promise<LmtpOffice> {
    const office = new LmtpOffice();
    const path = join(office.folder, 'lmtp.sock');
    await office.#server.listen({ path });
    office.address = { path };
    return office;
  }

  destination(recipients: readonly string[] = ['anna']): LmtpDestination {
    return lmtpDestination(this.folder, this.address, recipients);
  }

  /** Without trace fields. */
  letters(name = 'anna'): readonly Buffer[] {
    return lettersOf(this.store, name).map((letter) => Buffer.from(withoutTrace(letter), 'latin1'));
  }

  leftovers(): readonly string[] {
    const spool = join(this.folder, 'spool');
    return existsSync(spool) ? readdirSync(spool) : [];
  }

  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** Return-Path, Delivered-To and Received: one each, and folded. */
function withoutTrace(letter: string): string {
  const [trace = ''] = /^(?:(?:Return-Path|Delivered-To|Received):.*\r\n(?:[ \t].*\r\n)*){3}/.exec(letter) ?? [];
  if (trace === '') throw new Error(`no trace fields: ${letter.slice(0, 100)}`);
  return letter.slice(trace.length);
}

export function lmtpDestination(folder: string, address: LmtpAddress, recipients: readonly string[]): LmtpDestination {
  const spool = join(folder, 'spool');
  const name = `lmtp:there${recipients.length > 0 ? ` for ${recipients.join(', ')}` : ''}`;
  const services = {
    spool: new Spool(spool),
    havingIt: new HavingIt(spool),
    timeouts: { connect: 20_000, reply: 20_000 },
  };
  return new LmtpDestination({ name, address, recipients }, services);
}

export async function lmtpUnderTest(): Promise<DestinationUnderTest> {
  const office = await LmtpOffice.start();
  const opened: LmtpDestination[] = [];
  return {
    open: () => {
      const destination = office.destination();
      opened.push(destination);
      return destination;
    },
    letters: () => office.letters(),
    leftovers: () => office.leftovers(),
    // A NUL is refused (SM-24).
    arrives: (sent) => (sent.includes(0) ? undefined : canonical(sent)),
    close: async () => {
      for (const destination of opened) await destination.close();
      await office.close();
    },
  };
}
