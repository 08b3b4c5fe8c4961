import { Canonicalizer, Stuffer } from '@restante/pop/wire';
import { LetterHead } from '../../delivery/loops.ts';
import { Failure, reasonOf } from '../../failure.ts';
import { type LetterFacts, LetterLook, type SendableLetter } from '../../lmtp-client/letter.ts';
import {
  defaultLmtpTimeouts,
  type LmtpAddress,
  LmtpClient,
  type LmtpOutcome,
  type LmtpTimeouts,
} from '../../lmtp-client/lmtp-client.ts';
import { replyText } from '../../lmtp-client/reply.ts';
import type {
  Destination,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from './destination.ts';
import type { HavingIt } from './having-it.ts';
import { senderOf } from './sender.ts';
import type { Spool, SpooledLetter } from './spool.ts';

export interface LmtpServices {
  readonly spool: Spool;
  /** Who has a letter that others did not get. */
  readonly havingIt: HavingIt;
  readonly timeouts?: Partial<LmtpTimeouts>;
}

export interface LmtpDestinationOptions {
  readonly name: string;
  readonly address: LmtpAddress;
  /** Forward-paths without brackets; none where each letter is staged with its own. */
  readonly recipients: readonly string[];
}

/** A staged letter of ours. */
interface Waiting extends StagedLetter {
  readonly spooled: SpooledLetter;
  readonly facts: LetterFacts;
  readonly sender: string;
  readonly recipients: readonly string[];
}

/**
 * Another mail system, by LMTP (RFC 2033). At least once: when the connection is lost between a letter's end and the reply
 * to it, or we die before the journal has that reply, nobody knows whether it was taken, and it is handed over again.
 */
export class LmtpDestination implements Destination {
  readonly name: string;
  readonly promise = 'at-least-once';
  /** All that a server may take for one letter (RFC 5321 §4.5.3.2), where nothing that is sent waits for long. */
  readonly patience: number;
  readonly #options: LmtpDestinationOptions;
  readonly #services: LmtpServices;
  /** What came of letters, so that one is not handed over again. */
  readonly #placed = new WeakMap<StagedLetter, Handing>();
  #client: LmtpClient | undefined;
  /** Whether a letter is being handed over. */
  #busy = false;
  #closing = false;
  /** Letters are handed over one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LmtpDestinationOptions, services: LmtpServices) {
    this.name = options.name;
    const { connect, reply, outcome } = { ...defaultLmtpTimeouts, ...services.timeouts };
    this.patience = 2 * connect + 4 * reply + outcome * Math.max(1, options.recipients.length);
    this.#options = options;
    this.#services = services;
  }

  /** Rejects with a Failure when nobody takes letters there. */
  async check(): Promise<void> {
    await this.#connected();
  }

  stage(letter: IncomingLetter): Stage {
    return this.stageFor(letter, this.#options.recipients);
  }

  /** For these recipients, one at least, whoever else gets others. */
  stageFor(letter: IncomingLetter, recipients: readonly string[]): Stage {
    const spooled = this.#services.spool.take();
    const form = new Canonicalizer();
    const look = new LetterLook();
    const head = new LetterHead();
    let sender: string | undefined;
    let came = 0;
    const take = (canonical: Uint8Array) => {
      const octets = Buffer.from(canonical.buffer, canonical.byteOffset, canonical.byteLength);
      look.push(octets);
      if (sender === undefined) {
        const whole = head.take(octets);
        if (whole !== undefined) sender = senderOf(whole.octets.subarray(0, whole.head));
      }
      return spooled.write(octets);
    };
    return {
      write: (octets) => {
        came += octets.length;
        return take(form.push(octets));
      },
      end: async (): Promise<Waiting> => {
        await take(form.end());
        const place = this.#options.recipients.length > 0 ? this.name : `${this.name} for ${recipients.join(', ')}`;
        const facts = { ...look.facts };
        sender ??= senderOf(head.rest());
        return { type: 'staged', letter, place, octets: came, spooled, facts, sender, recipients };
      },
      abandon: () => spooled.close(),
    };
  }

  /** Nothing of it outlives us. */
  async prepare(_letters: readonly StagedLetter[]): Promise<void> {}

  place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    const turn = this.#last.then(() => this.#placeAll(letters as readonly Waiting[]));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    return letters.map(() => ({ type: 'not-there' }));
  }

  /** A letter that is being handed over now is lost sight of: it comes again. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#busy) this.#client?.drop();
    await this.#last;
    await this.#services.spool.close();
    await this.#client?.close();
  }

  async #placeAll(letters: readonly Waiting[]): Promise<readonly Placing[]> {
    const placings: Placing[] = [];
    /** Why nobody is asked any more. */
    let unreachable: Handing | undefined;
    for (const letter of letters) {
      const placing = this.#placed.get(letter) ?? unreachable ?? (await this.#handOverOrNot(letter));
      if (placing.type === 'refused' && placing.unreachable) unreachable = placing;
      this.#placed.set(letter, placing);
      placings.push(placing);
      await letter.spooled.close();
    }
    return placings;
  }

  async #handOverOrNot(letter: Waiting): Promise<Handing> {
    try {
      if (this.#closing) throw new Failure('the run ended before it was handed over');
      this.#busy = true;
      return await this.#handOver(letter);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      return { type: 'refused', blame: 'destination', why: thrown.message, unreachable: true };
    } finally {
      this.#busy = false;
    }
  }

  async #handOver(letter: Waiting): Promise<Placing> {
    const having = await this.#services.havingIt.of(this.name, letter.letter, letter.recipients);
    const to = letter.recipients.filter((recipient) => !having.has(recipient));
    const outcomes = to.length === 0 ? [] : await this.#send(letter, to);
    for (const [index, recipient] of to.entries()) if (isKept(outcomes[index])) having.add(recipient);
    const [refusal, ...others] = outcomes.flatMap((outcome, index) => {
      const refused = this.#refusal(outcome);
      return refused === undefined ? [] : [{ ...refused, why: `${to[index]}: ${refused.why}` }];
    });
    // What cannot be written down may come twice: that is no reason to say less of what has been kept.
    await this.#services.havingIt.remember(this.name, letter.letter, letter.recipients, having).catch(() => undefined);
    if (refusal === undefined) return { type: 'placed', place: letter.place };
    const blame = [refusal, ...others].some((each) => each.blame === 'destination') ? 'destination' : 'letter';
    return { type: 'refused', blame, why: [refusal, ...others].map(({ why }) => why).join('; ') };
  }

  /** What was lost before the letter's end was said is sent once more: a server may have closed an idle connection. */
  async #send(letter: Waiting, to: readonly string[]): Promise<readonly LmtpOutcome[]> {
    const { spooled, facts, sender } = letter;
    const again = this.#client !== undefined;
    const outcomes = await (await this.#connected()).send({ from: sender, to }, new SpooledText(spooled), facts);
    const nothingSent = outcomes.every((outcome) => outcome.type === 'lost' && !outcome.perhapsKept);
    if (!nothingSent || !again) return outcomes;
    return (await this.#connected()).send({ from: sender, to }, new SpooledText(spooled), facts);
  }

  async #connected(): Promise<LmtpClient> {
    if (this.#client?.usable === true) return this.#client;
    await this.#client?.close();
    this.#client = undefined;
    if (this.#closing) throw new Failure('the run ended before it was handed over');
    try {
      this.#client = await LmtpClient.connect(this.#options.address, this.#services.timeouts);
      return this.#client;
    } catch (thrown) {
      throw new Failure(`nobody takes letters at ${this.name}: ${reasonOf(thrown)}`);
    }
  }

  #refusal(outcome: LmtpOutcome): { readonly why: string; readonly blame: 'letter' | 'destination' } | undefined {
    switch (outcome.type) {
      case 'lost':
        return { blame: 'destination', why: outcome.perhapsKept ? `${outcome.why}: it may come twice` : outcome.why };
      case 'unfit':
        return { blame: 'letter', why: outcome.why };
      case 'reply':
        if (outcome.reply.code < 300) return undefined;
        return { blame: this.#blame(outcome), why: replyText(outcome.reply) };
    }
  }

  /**
   * Whom a refusal is about (RFC 3463 §3): what is said of the content, or of its sender, is the letter's; what is said of
   * a mailbox or a system that we were told to use is for whoever told us so.
   */
  #blame({ reply, to }: LmtpOutcome & { type: 'reply' }): 'letter' | 'destination' {
    if (reply.code < 500) return 'destination';
    const status = reply.status?.slice(2) ?? '';
    if (/^(?:6\.|3\.4$|1\.[78]$|5\.2$)/.test(status) || (reply.code === 552 && status === '')) return 'letter';
    if (to === 'RCPT' && this.#options.recipients.length === 0) return 'letter';
    if (/^[1235]\./.test(status)) return 'destination';
    return to === 'RCPT' || to === 'DATA' ? 'destination' : 'letter';
  }
}

/** What came of handing a letter over; `unreachable` says that nobody is there to take any. */
type Handing = Placing & { readonly unreachable?: true };

function isKept(outcome: LmtpOutcome | undefined): boolean {
  return outcome?.type === 'reply' && outcome.reply.code < 300;
}

/** As it goes behind DATA, from where it waits. */
class SpooledText implements SendableLetter {
  readonly #spooled: SpooledLetter;

  constructor(spooled: SpooledLetter) {
    this.#spooled = spooled;
  }

  async *stuffed(): AsyncGenerator<Uint8Array> {
    const stuffer = new Stuffer();
    for await (const piece of this.#spooled.read()) yield stuffer.stuff(piece);
    yield Buffer.from(stuffer.end());
  }
}
