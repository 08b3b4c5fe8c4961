import type { MaybePromise } from '../../maildrop/maildrop.ts';
import { ManualClock, turns } from '../manual-clock.ts';
import { ClientEnd } from './client-end.ts';
import { type Spoken, TranscriptFailure } from './failure.ts';
import { type Captures, fill, matches, shown } from './octet-text.ts';
import { type Channel, openConnection } from './open-connection.ts';
import { parseTranscript } from './parse.ts';
import type { Situation, Subject } from './subject.ts';
import { directive, type Step, type Transcript } from './transcript.ts';

const OWN_DIRECTIVES = ['state', 'tls', 'peer', 'alpn', 'whole'];
/** How long a line may be waited for, in milliseconds, before the run is given up: only ever reached by a failure. */
const PATIENCE = 20_000;

/** The channels that can show this transcript. Over TLS go those that say nothing of TLS, and of who may go without it. */
export function channels(transcript: Transcript): readonly Channel[] {
  const says = (name: string) => directive(transcript, name) !== undefined;
  const clear = ['tls', 'peer', 'alpn', 'cleartext'].some(says);
  return ['memory', ...(says('whole') ? [] : ['octets' as const]), 'tcp', ...(clear ? [] : ['tls' as const])];
}

/** Plays a transcript. Answers the dialog; rejects with a {@link TranscriptFailure} when the server says otherwise. */
export async function runTranscript(
  transcript: Transcript,
  subject: Subject,
  channel: Channel = 'memory',
  patience = PATIENCE,
): Promise<readonly Spoken[]> {
  const clock = new ManualClock();
  mustBeKnown(transcript, subject);
  const situation = await subject.prepare(transcript, clock);
  const run = new Run(transcript, subject, situation, clock, channel, patience);
  try {
    for (const steps of transcript.sessions) await run.session(steps);
  } catch (error) {
    run.drop();
    try {
      await situation.close();
    } catch {
      // What was left open is the failure's doing; the failure itself says more.
    }
    throw error;
  }
  await situation.close();
  return run.dialog;
}

class Run {
  readonly dialog: Spoken[] = [];
  readonly #transcript: Transcript;
  readonly #subject: Subject;
  readonly #situation: Situation;
  readonly #clock: ManualClock;
  readonly #channel: Channel;
  readonly #patience: number;
  readonly #captures: Captures = new Map();
  readonly #connections = new Map<number, ClientEnd>();
  /** Connections whose next line is the first one of a reply. */
  readonly #awaiting = new Set<number>();
  #closed = 0;

  constructor(
    transcript: Transcript,
    subject: Subject,
    situation: Situation,
    clock: ManualClock,
    channel: Channel,
    patience: number,
  ) {
    this.#transcript = transcript;
    this.#subject = subject;
    this.#situation = situation;
    this.#clock = clock;
    this.#channel = channel;
    this.#patience = patience;
  }

  async session(steps: readonly Step[]): Promise<void> {
    const firstLine = steps[0]?.line ?? 1;
    await this.#connection(1, firstLine);
    for (const step of steps) {
      const done = this.#step(step);
      // Replies of thousands of lines are looked at without a promise for each of them.
      if (done instanceof Promise) await done;
    }
    // Whatever was not asked for shows here: a server that sees the end of input closes without a word (P3-60).
    const lastLine = steps.at(-1)?.line ?? 1;
    for (const [number, end] of this.#connections) {
      end.end();
      await this.#nothingMore(number, end, lastLine);
    }
    await this.#within(this.#situation.ended(this.#closed), lastLine, () => 'the server never ended the session');
  }

  drop(): void {
    for (const end of this.#connections.values()) end.drop();
  }

  #step(step: Step): MaybePromise<void> {
    if (step.type === 'wait') return this.#clock.advance(step.milliseconds);
    if (step.type === 'perform') return this.#perform(step);
    const end = this.#connections.get(step.connection);
    if (end !== undefined) return this.#play(step, end);
    return this.#connection(step.connection, step.line).then((opened) => this.#play(step, opened));
  }

  #play(step: Exclude<Step, { type: 'wait' | 'perform' }>, end: ClientEnd): MaybePromise<void> {
    switch (step.type) {
      case 'send':
        return this.#send(end, step);
      case 'expect':
        return this.#expect(end, step);
      case 'expect-all':
        return this.#expectAll(end, step);
      case 'tls':
        return this.#startTls(end, step);
      case 'eof':
        return step.unfinished ? this.#unfinished(end, step) : this.#nothingMore(step.connection, end, step.line);
      case 'drop':
      case 'reset':
        end[step.type]();
        this.#gone(step.connection);
        // What the server makes of it is to be seen by the next step.
        return this.#within(this.#situation.ended(this.#closed), step.line, () => 'the server never ended the session');
    }
  }

  async #perform(step: Step & { type: 'perform' }): Promise<void> {
    // What was sent before it has its effect before it, too.
    await turns();
    await this.#situation.perform?.(step.word, step.rest, step.octets);
  }

  #send(end: ClientEnd, { pieces, connection, line }: Step & { type: 'send' }): void {
    const octets = fill(pieces, this.#captures);
    this.#awaiting.add(connection);
    this.#spoken('C', connection, octets.toString('latin1'), line);
    end.send(octets);
  }

  #expect(end: ClientEnd, step: Step & { type: 'expect' }): MaybePromise<void> {
    const got = this.#line(end, step.line);
    return got instanceof Promise ? got.then((line) => this.#judge(line, step)) : this.#judge(got, step);
  }

  #judge(got: string, { pieces, connection, line }: Step & { type: 'expect' }): void {
    if (!matches(got, pieces, this.#captures)) this.#fail(line, `S: ${shown(got, 1000)}`);
    this.#spoken('S', connection, got, line);
  }

  async #expectAll(end: ClientEnd, { expected, connection, line }: Step & { type: 'expect-all' }): Promise<void> {
    const open = [...expected];
    while (open.length > 0) {
      const got = await this.#line(end, open[0]?.line ?? line);
      const index = open.findIndex(({ pieces }) => matches(got, pieces, this.#captures));
      if (index < 0) this.#fail(open[0]?.line ?? line, `S: ${shown(got, 1000)}`);
      const [found] = open.splice(index, 1);
      this.#spoken('S', connection, got, found?.line ?? line);
    }
  }

  #line(end: ClientEnd, line: number): MaybePromise<string> {
    const got = end.line();
    return typeof got === 'string' ? got : this.#lineToCome(end, Promise.resolve(got), line);
  }

  async #lineToCome(end: ClientEnd, promised: Promise<string | undefined>, line: number): Promise<string> {
    const got = await this.#within(promised, line, () => `nothing came but "${shown(end.unread)}"`);
    if (got !== undefined) return got;
    const rest = await end.rest();
    return this.#fail(
      line,
      rest === '' ? 'the server has closed' : `S: ${shown(rest)} (and then the server has closed)`,
    );
  }

  async #unfinished(end: ClientEnd, { connection, line }: Step & { type: 'eof' }): Promise<void> {
    const rest = await this.#within(end.rest(), line, () => 'the server has not closed');
    if (/(^|\r\n)\.\r\n/.test(rest)) this.#fail(line, 'the reply was finished, by the line "."');
    end.end();
    this.#gone(connection);
  }

  async #startTls(end: ClientEnd, { refused, line }: { refused: boolean; line: number }): Promise<void> {
    const alpn = directive(this.#transcript, 'alpn');
    const started = end.startTls(this.#situation.certificate, alpn);
    const outcome = await this.#within(started, line, () => 'the handshake never ended');
    if (refused !== (outcome === 'refused')) this.#fail(line, refused ? 'TLS has begun' : 'TLS was refused');
    if (!refused && alpn !== undefined && outcome !== alpn)
      this.#fail(line, `ALPN agreed on ${outcome}, not on ${alpn}`);
  }

  async #nothingMore(connection: number, end: ClientEnd, line: number): Promise<void> {
    const rest = await this.#within(end.rest(), line, () => 'the server has not closed');
    if (rest !== '') this.#fail(line, `S: ${shown(rest)} (which nothing asked for)`);
    end.end();
    this.#gone(connection);
  }

  /** The connection of this number; the first step that names it opens it and brings it into the `state:`. */
  async #connection(number: number, line: number): Promise<ClientEnd> {
    const open = this.#connections.get(number);
    if (open) return open;
    const tls = directive(this.#transcript, 'tls');
    const begun = this.#channel === 'tls' || tls === 'active';
    const secure = begun || tls === 'implicit';
    const address = directive(this.#transcript, 'peer');
    const end = new ClientEnd(await openConnection(this.#situation, this.#channel, { secure, address }));
    this.#connections.set(number, end);
    this.#awaiting.add(number);
    if (begun) await this.#startTls(end, { refused: false, line });
    const state = directive(this.#transcript, 'state');
    if (state === undefined) return end;
    const lines = `# ${state}\n${this.#subject.prelude(state, this.#transcript)}`;
    for (const step of parseTranscript(lines, `state: ${state}`).sessions.flat()) {
      await this.#step({ ...step, connection: number, line });
    }
    return end;
  }

  #gone(connection: number): void {
    this.#connections.delete(connection);
    this.#closed += 1;
  }

  #spoken(side: 'C' | 'S', connection: number, octets: string, line: number): void {
    const first = side === 'S' && this.#awaiting.delete(connection);
    this.dialog.push({ side, connection, octets, line, first });
  }

  async #within<T>(promise: Promise<T>, line: number, otherwise: () => string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, this.#patience, 'late');
    });
    const outcome = await Promise.race([promise.then((value) => ({ value })), late]);
    clearTimeout(timer);
    return outcome === 'late' ? this.#fail(line, otherwise()) : outcome.value;
  }

  #fail(line: number, got: string): never {
    throw new TranscriptFailure(this.#transcript, this.#channel, line, got, this.dialog);
  }
}

function mustBeKnown(transcript: Transcript, subject: Subject): void {
  for (const { name, line } of transcript.directives) {
    if (![...OWN_DIRECTIVES, ...subject.directives].includes(name)) {
      throw new SyntaxError(`${transcript.file}:${line}: there is no directive "${name}"`);
    }
  }
  for (const step of transcript.sessions.flat()) {
    if (step.type === 'perform' && !subject.words.includes(step.word)) {
      throw new SyntaxError(`${transcript.file}:${step.line}: there is no word ${step.word}`);
    }
  }
}
