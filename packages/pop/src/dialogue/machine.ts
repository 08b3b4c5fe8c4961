/** What every protocol's pure half is given, besides the answers to its own questions. */
export type MachineInput =
  /** The connection stands, TLS included where it comes first: greet. */
  | { readonly type: 'connected' }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** The peer sends no more. */
  | { readonly type: 'ended' }
  /** Finish the reply under way, then close. */
  | { readonly type: 'shutdown' }
  /** TLS stands; the answer to the question of that name. */
  | { readonly type: 'secure'; readonly answer: undefined }
  /** The peer has taken enough of the replies; the answer to the question of that name. */
  | { readonly type: 'room'; readonly answer: undefined };

/**
 * What every protocol's pure half may want, besides its own questions, in order. A question is always the last effect of a
 * step. Text is Latin-1.
 */
export type MachineEffect<End extends string> =
  | { readonly type: 'send'; readonly octets: string | Uint8Array }
  /** Send everything, then close. */
  | { readonly type: 'close'; readonly end: End; readonly reason?: string }
  /** Close at once: what was said before must not be taken for whole. */
  | { readonly type: 'destroy'; readonly end: End; readonly reason?: string }
  /** Begin TLS. */
  | { readonly type: 'secure' }
  /** Wait until the peer has taken enough of the replies. Every other question waits for that too. */
  | { readonly type: 'room' };

/** A protocol's pure half: one side of one conversation. */
export interface Machine<Question extends { readonly type: string }, Answer, End extends string> {
  step(input: MachineInput | Answer): readonly (MachineEffect<End> | Question)[];
  /** Octets it was given and has not worked on. */
  readonly pending: number;
}

/** The question of that name, out of an interface that gives each name what it asks with. */
export type QuestionOf<Questions, T extends keyof Questions> = { readonly type: T } & Questions[T];
export type AnyQuestion<Questions> = {
  [T in keyof Questions & string]: QuestionOf<Questions, T>;
}[keyof Questions & string];

/** An answer, out of an interface that gives each question's name what answers it. */
export type AnyAnswer<Answers> = {
  [T in keyof Answers]: { readonly type: T; readonly answer: Answers[T] };
}[keyof Answers & string];
