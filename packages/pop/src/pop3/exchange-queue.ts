import type { Request } from './exchange-request.ts';

/** Commands that may wait for their answers at once: less than any socket's buffer, so that neither side blocks (EXT-23). */
const WINDOW = 128;
/** Places of commands that were sent, before the queue is cut short. */
const MOST_USED = 1_024;

export interface Sent<R> {
  readonly request: R;
  /** Whether another one was under way when this one was sent. */
  readonly shared: boolean;
  /** Whether it is sent for the second time, alone. */
  readonly second: boolean;
}

/** The commands of a session in order: those that wait, and those that were sent and are not answered whole. */
export class RequestQueue<R extends Request> {
  #waiting: R[] = [];
  #first = 0;
  /** To be sent once more, alone, before anything else. */
  readonly #again: R[] = [];
  readonly #sent: Sent<R>[] = [];

  /** The command whose answer comes next. */
  get current(): Sent<R> | undefined {
    return this.#sent[0];
  }

  get outstanding(): number {
    return this.#sent.length;
  }

  get idle(): boolean {
    return this.#sent.length === 0 && this.#again.length === 0 && this.#first === this.#waiting.length;
  }

  /** All of them, in order, and whether the server may have seen them. */
  get all(): readonly { readonly request: R; readonly sent: boolean }[] {
    return [
      ...this.#sent.map(({ request }) => ({ request, sent: true })),
      ...this.#again.map((request) => ({ request, sent: true })),
      ...this.#waiting.slice(this.#first).map((request) => ({ request, sent: false })),
    ];
  }

  push(request: R): void {
    this.#waiting.push(request);
  }

  /** Takes back one that waits; false when it does not. */
  withdraw(request: R): boolean {
    const at = this.#waiting.indexOf(request, this.#first);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** The current command has its whole answer. */
  answered(): void {
    this.#sent.shift();
  }

  /** The current command's answer is not believed. */
  askAgain(): void {
    const sent = this.#sent.shift();
    if (sent !== undefined) this.#again.push(sent.request);
  }

  /** What may be sent now, in one write; it counts as sent. */
  next(pipelining: boolean): readonly R[] {
    const last = this.#sent.at(-1);
    if (this.#again.length > 0) return last === undefined ? this.#second() : [];
    // A window that is still half full waits, so that its next half goes out in one write.
    if (last?.second || this.#sent.length > WINDOW / 2) return [];
    const sending: R[] = [];
    let before = last?.request;
    for (let next = this.#waiting[this.#first]; next !== undefined; next = this.#waiting[this.#first]) {
      if (before !== undefined && !(pipelining && next.pipelined && before.pipelined)) break;
      if (this.#sent.length + sending.length >= WINDOW) break;
      sending.push(next);
      this.#first += 1;
      before = next;
    }
    const shared = sending.length > 1 || last !== undefined;
    for (const request of sending) this.#sent.push({ request, shared, second: false });
    if (this.#first === this.#waiting.length || this.#first > MOST_USED) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return sending;
  }

  #second(): readonly R[] {
    const sending = this.#again.splice(0, 1);
    for (const request of sending) this.#sent.push({ request, shared: false, second: true });
    return sending;
  }
}
