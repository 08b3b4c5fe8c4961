/**
 * The Post Office Protocol as a library: what an embedder needs most. All else is under the subpaths: `/wire`, `/sasl`,
 * `/maildrop`, `/pop3`, `/server` and `/testing`.
 * @module
 */
export {
  type Entry,
  type Maildrop,
  type MemoryMailbox,
  memoryMailbox,
  memoryMaildrop,
  StoreError,
  type StoreErrorKind,
} from './maildrop/index.ts';
export type { ExtensionCommand, ExtensionContext, ExtensionReply } from './pop3/index.ts';
export {
  login,
  type PasswordLogin,
  plain,
  type SaslServerContext,
  type SaslServerExchange,
  type SaslServerMechanism,
  type SaslStep,
  Secret,
  type Verdict,
} from './sasl/index.ts';
export {
  type CommandReport,
  createPop3Server,
  defaultPop3Limits,
  type Peer,
  type Pop3Limits,
  type Pop3Options,
  type Pop3Server,
  type SessionReport,
} from './server/index.ts';
