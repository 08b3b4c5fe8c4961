/**
 * SASL (RFC 4422): one file a mechanism, with the server's and the client's half in it.
 * @module
 */
export { leniently, preparedName } from './credentials.ts';
export { login, loginClient } from './login.ts';
export {
  type PasswordLogin,
  type SaslClientExchange,
  type SaslServerContext,
  type SaslServerExchange,
  type SaslServerMechanism,
  type SaslStep,
  Secret,
  type Verdict,
} from './mechanism.ts';
export { type PlainCredentials, plain, plainClient } from './plain.ts';
export { saslprep } from './saslprep.ts';
