import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { formatListen, type ListenAddress, parseListen } from '../config/listen-address.ts';
import { SETTINGS } from '../config/settings.ts';
import { connectOffice } from '../control/client.ts';
import { parsePath } from '../delivery/path.ts';
import { Failure, reasonOf } from '../failure.ts';
import { LocalLetter, type Octets } from '../lmtp-client/letter.ts';
import { LmtpClient, type LmtpOutcome } from '../lmtp-client/lmtp-client.ts';
import { replyText } from '../lmtp-client/reply.ts';
import { SYSEXITS, type Sysexit, sysexitOf, worst } from '../lmtp-client/sysexits.ts';
import { Ended, UsageError } from './exit-code.ts';
import { openInput } from './letter-input.ts';
import { printJson, say } from './output.ts';
import { placesOf } from './places.ts';

interface DeliverOptions {
  readonly to: readonly string[];
  readonly from?: string;
  readonly lmtp?: string;
}

/** `restante deliver`. */
export function deliverCommand(): Command {
  return new Command('deliver')
    .description('hand letters over to the office that is open, for a mail system, procmail or cron')
    .argument('[files...]', 'files with one letter each; - or nothing is standard input')
    .requiredOption('--to <recipient>', 'an account or an address (may be given again)', gather)
    .option('--from <addr>', 'the sender, where failures go; nothing, <> and MAILER-DAEMON are no sender')
    .option(
      '--lmtp <address>',
      'where the office takes LMTP, HOST:PORT or unix:PATH (default: asks the office, or its settings)',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (files: readonly string[], options: DeliverOptions, self: Command) => {
      let status: Sysexit;
      try {
        status = await deliver(files, options, self);
      } catch (thrown) {
        if (thrown instanceof Ended) throw thrown;
        // A letter must not go back to its sender for what somebody here can mend.
        for (const line of linesOf(thrown)) say(`restante: ${line}`);
        throw new Ended(SYSEXITS.temporary);
      }
      if (status !== SYSEXITS.ok) throw new Ended(status);
    });
}

const EXAMPLES = `
Each recipient is told by its own line on stderr when it did not get a letter. The exit status is one of sysexits.h: 0 done, 64 wrong
usage, 65 a letter that is not taken, 66 a file that cannot be read, 67 no such mailbox, 69 or 73 a mailbox that takes none, 77 not
allowed, and 75 for all that may go well later, nobody answering first of all.

Examples:
  restante deliver --to anna < letter
  restante deliver --to anna --to info@example.org --from cron@example.org letter.eml
  restante deliver --lmtp unix:/run/restante/lmtp.sock --to "$RECIPIENT" --from "$SENDER"`;

function gather(recipient: string, recipients: readonly string[] = []): readonly string[] {
  return [...recipients, recipient];
}

async function deliver(files: readonly string[], options: DeliverOptions, self: Command): Promise<Sysexit> {
  const envelope = { from: senderOf(options.from), to: options.to.map(recipientOf) };
  // All of them before a word is said: what ends in the middle is not delivered.
  const letters: { readonly name: string; readonly octets: Octets }[] = [];
  for (const name of files.length === 0 ? ['-'] : files) letters.push({ name, octets: await openInput(name) });
  const address = await addressOf(options.lmtp, self);
  const client = await connectTo(address);
  const outcomes: { readonly file: string; readonly recipient: string; readonly outcome: LmtpOutcome }[] = [];
  try {
    for (const { name, octets } of letters) {
      const letter = new LocalLetter(octets);
      const results = await client.send(envelope, letter, letter.look());
      for (const [index, outcome] of results.entries()) {
        outcomes.push({ file: name, recipient: envelope.to[index] ?? '', outcome });
      }
    }
  } finally {
    await client.close();
  }
  const several = letters.length > 1;
  for (const { file, recipient, outcome } of outcomes) {
    if (sysexitOf(outcome) !== SYSEXITS.ok)
      say(`restante: ${several ? `${file}: ` : ''}${recipient}: ${wordsOf(outcome)}`);
  }
  if (self.optsWithGlobals<{ json?: boolean }>().json === true) {
    printJson(
      outcomes.map(({ file, recipient, outcome }) => ({
        file,
        recipient,
        status: sysexitOf(outcome),
        answer: wordsOf(outcome),
      })),
    );
  }
  return worst(outcomes.map(({ outcome }) => sysexitOf(outcome)));
}

function wordsOf(outcome: LmtpOutcome): string {
  return outcome.type === 'reply' ? replyText(outcome.reply) : outcome.why;
}

/** Postfix writes MAILER-DAEMON where there is no sender. */
function senderOf(text = ''): string {
  const bare = withoutBrackets(text);
  if (bare === '' || bare === 'MAILER-DAEMON') return '';
  const path = parsePath(bare);
  if (path !== undefined) return path.text;
  say(`restante: ${JSON.stringify(text)} is no address of a sender`);
  throw new Ended(SYSEXITS.dataError);
}

function recipientOf(text: string): string {
  const path = parsePath(withoutBrackets(text));
  if (path !== undefined) return path.text;
  say(`restante: ${JSON.stringify(text)} is neither an account nor an address`);
  throw new Ended(SYSEXITS.noUser);
}

function withoutBrackets(text: string): string {
  return /^<.*>$/.test(text) ? text.slice(1, -1) : text;
}

async function connectTo(address: ListenAddress): Promise<LmtpClient> {
  try {
    const { type: _, ...place } = address;
    return await LmtpClient.connect(place);
  } catch (thrown) {
    const why = reasonOf(thrown);
    throw new Failure(
      `nobody takes letters at ${formatListen(address)} (${why}): open the office, or name it with --lmtp ADDRESS`,
    );
  }
}

/** Where the office takes LMTP: as it was named; as the office itself says; as its settings have it; as they are when nobody set them. */
async function addressOf(named: string | undefined, self: Command): Promise<ListenAddress> {
  if (named !== undefined) {
    const parsed = parseListen(named, { unix: true });
    if (parsed.type === 'address') return reachable(parsed.address);
    say(`restante: --lmtp ${JSON.stringify(named)} ${parsed.type === 'off' ? 'is no address' : parsed.message}`);
    throw new Ended(SYSEXITS.usage);
  }
  const places = readablePlaces(self);
  const found = (places && (await asked(places.data))) ?? places?.settings['listen.lmtp'] ?? DEFAULT;
  const [first] = found;
  if (first === undefined) throw new Failure('the office takes no LMTP: listen.lmtp is off');
  return reachable(first);
}

const DEFAULT: readonly ListenAddress[] = SETTINGS['listen.lmtp'].default;

/** Mail systems run us as somebody who may not look into the data folder: that is no reason to fail. */
function readablePlaces(self: Command): ReturnType<typeof placesOf> | undefined {
  try {
    return placesOf(self);
  } catch (thrown) {
    if (self.optsWithGlobals<{ config?: string }>().config !== undefined) throw thrown;
    return undefined;
  }
}

/** How long an office may take to say where it listens, in milliseconds: one that hangs must not hold up mail for ever. */
const ANSWER_WITHIN = 10_000;

/** What an office that is open says; undefined when none is, it does not answer, or it is not for us to ask. */
async function asked(data: string): Promise<readonly ListenAddress[] | undefined> {
  const office = await connectOffice(data).catch(() => undefined);
  if (office === undefined) return undefined;
  try {
    const status = await Promise.race([office.status({}), wait(ANSWER_WITHIN, undefined, { ref: false })]);
    return status?.listening
      .filter(({ door }) => door === 'lmtp')
      .flatMap(({ address }) => {
        const parsed = parseListen(address, { unix: true });
        return parsed.type === 'address' ? [parsed.address] : [];
      });
  } catch {
    return undefined;
  } finally {
    await office.close();
  }
}

/** An address that leads, from this machine, to whoever listens there. */
function reachable(address: ListenAddress): ListenAddress {
  if (address.type === 'unix') return address;
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' };
  return address.host === '::' ? { ...address, host: '::1' } : address;
}

function linesOf(thrown: unknown): readonly string[] {
  if (thrown instanceof UsageError) return thrown.lines;
  if (thrown instanceof Failure) return [thrown.message];
  return [`this should not have happened, please report it: ${thrown instanceof Error ? thrown.stack : thrown}`];
}
