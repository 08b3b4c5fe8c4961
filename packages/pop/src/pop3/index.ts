/**
 * POP3 (RFC 1939 and its extensions) as a pure session: octets in, effects out. `@restante/pop/server` runs it on sockets.
 * @module
 */
export { COMMANDS, type CommandRow, type Keyword } from './commands.ts';
export type { Answer, Answers, Effect, End, Input, Question, Questions } from './effects.ts';
export {
  Exchange,
  type ExchangeEvent,
  type ExchangeOptions,
  type Failure,
} from './exchange.ts';
export { Capabilities } from './exchange-capabilities.ts';
export { type ClientKeyword, type ReplyForm, type Request, request } from './exchange-request.ts';
export type { Status } from './exchange-status.ts';
export type { ExtensionCommand, ExtensionContext, ExtensionReply, State } from './extension.ts';
export { type Pop3Service, type Pop3ServiceOptions, pop3Service } from './service.ts';
export { Session, type Tally } from './session.ts';
export type { Situation } from './situation.ts';
export type { Terms } from './terms.ts';
