import type { Maildrop, MaybePromise } from '../maildrop/maildrop.ts';

/** POP3's states (RFC 1939 §3). In UPDATE no command is taken. */
export type State = 'AUTHORIZATION' | 'TRANSACTION';

/** What an extension's handler sees. */
export interface ExtensionContext {
  readonly state: State;
  /** Absent in AUTHORIZATION. */
  readonly account?: string;
  readonly maildrop?: Maildrop;
}

/** The answer: text behind `+OK ` or `-ERR `, and for a multi-line response its lines without line ends or stuffing. */
export interface ExtensionReply {
  readonly ok: boolean;
  readonly text: string;
  readonly lines?: readonly string[];
}

/** A command beyond the RFCs'. Keyword and capability begin with X (EXT-32). */
export interface ExtensionCommand {
  /** 3 or 4 printable characters, the first an X (RFC 2449 §3). */
  readonly keyword: string;
  readonly states: readonly State[];
  /** The line that CAPA shows for it, for example `X-FOO bar`. */
  readonly capability?: string;
  /** `line` is all that stood behind the keyword and its space; empty when there was none. */
  handle(line: string, context: ExtensionContext): MaybePromise<ExtensionReply>;
}
