import type { LineReader } from '../wire/line-reader.ts';
import type { AnyAnswer, AnyQuestion, Machine, MachineEffect, MachineInput, QuestionOf } from './machine.ts';
import type { CommandWatch } from './watch.ts';

/** Octets of replies in one step, after which room is waited for before the next of the input is worked on. */
const BURST = 16 * 1024;

/** The question that every protocol has. */
interface CommonQuestions {
  readonly room: object;
}

/**
 * The half of a session that no protocol should have to repeat: octets and answers in, effects out. There is no socket,
 * clock, store or randomness in it.
 *
 * It is an object that changes rather than a state handed round, since a line reader's buffers should not be copied at
 * each step. Nothing races all the same: while a question is open, only its answer moves the session, and input waits.
 *
 * `step`, `pending` and `watch` are for the driver; all else is for the protocol and the handlers of its commands.
 */
export abstract class Dialogue<
  Questions extends CommonQuestions,
  Answers extends { readonly [T in keyof Questions]: unknown },
  End extends string,
> implements Machine<AnyQuestion<Questions>, AnyAnswer<Answers>, End>
{
  /** Set before the first step, if at all. */
  watch: CommandWatch | undefined;
  protected readonly reader: LineReader;
  #question: keyof Questions | undefined;
  #then: ((answer: never) => void) | undefined;
  #inputEnded = false;
  #shutdown = false;
  #over = false;
  #effects: (MachineEffect<End> | AnyQuestion<Questions>)[] = [];
  /** Text of this step that is not an effect yet: replies in a row become one. */
  #text = '';
  /** Octets sent in this step. */
  #sent = 0;
  /** Whether the watch was told of a command that has no reply yet. */
  #unanswered = false;

  constructor(reader: LineReader) {
    this.reader = reader;
  }

  /** Says the first word. */
  protected abstract greet(): void;
  /** Works on the next of the input; false when none of it is whole. */
  protected abstract take(): boolean;
  /** Ends it because the peer sends no more, and all that it sent is worked on. */
  protected abstract leave(): void;
  /** Ends it because the server closes; no reply is under way. */
  protected abstract shutDown(): void;

  /** Takes one input and tells what is to be done, in order. After `close` or `destroy` nothing more comes of it. */
  step(input: MachineInput | AnyAnswer<Answers>): readonly (MachineEffect<End> | AnyQuestion<Questions>)[] {
    if (this.#over) return [];
    this.#effects = [];
    this.#sent = 0;
    this.#begin(input as MachineInput);
    while (this.#then === undefined && !this.#over) {
      if (this.#shutdown) {
        this.shutDown();
      } else if (this.#sent >= BURST && this.reader.pending > 0) {
        this.ask({ type: 'room' } as QuestionOf<Questions, 'room'>, () => {});
      } else if (!this.take()) {
        if (!this.#inputEnded) break;
        this.leave();
      }
    }
    this.#finishText();
    return this.#effects;
  }

  /** Octets received that were not worked on yet. */
  get pending(): number {
    return this.reader.pending;
  }

  send(text: string): void {
    if (this.#unanswered && this.watch?.said(text) === true) this.#unanswered = false;
    this.#text += text;
    this.#sent += text.length;
  }

  sendOctets(octets: Uint8Array): void {
    this.#finishText();
    this.#effects.push({ type: 'send', octets });
    this.#sent += octets.length;
  }

  /** Asks the driver; `then` goes on with its answer, and no input is worked on before. */
  ask<T extends keyof Questions & string>(
    question: QuestionOf<Questions, T>,
    then: (answer: Answers[T]) => void,
  ): void {
    this.#finishText();
    this.#effects.push(question);
    this.#question = question.type;
    this.#then = then;
  }

  close(end: End, reason?: string): void {
    this.#end({ type: 'close', end, ...(reason !== undefined && { reason }) });
  }

  /** Ends in the middle of a reply: its terminator must never be sent. */
  destroy(end: End, reason: string): void {
    this.#end({ type: 'destroy', end, reason });
  }

  /** Has the watch told that a command is taken up; what is sent from now on is its reply. */
  protected began(keyword: string | undefined): void {
    if (this.watch === undefined) return;
    this.#unanswered = true;
    this.watch.began(keyword);
  }

  #begin(input: MachineInput): void {
    switch (input.type) {
      case 'connected':
        this.greet();
        break;
      case 'octets':
        this.reader.push(input.octets);
        break;
      case 'ended':
        this.#inputEnded = true;
        break;
      case 'shutdown':
        this.#shutdown = true;
        break;
      default:
        this.#answer(input.type as keyof Questions, input.answer);
    }
  }

  #answer(type: keyof Questions, answer: unknown): void {
    const then = this.#then;
    if (then === undefined || type !== this.#question) throw new Error(`${String(type)} was answered, and not asked`);
    this.#question = undefined;
    this.#then = undefined;
    then(answer as never);
  }

  #end(effect: MachineEffect<End>): void {
    this.#finishText();
    this.#effects.push(effect);
    this.#over = true;
  }

  #finishText(): void {
    if (this.#text === '') return;
    this.#effects.push({ type: 'send', octets: this.#text });
    this.#text = '';
  }
}
