/**
 * SASL (RFC 4422): one file a mechanism, with the server's and the client's half in it.
 * @module
 */
export { type ChannelBinding, ChannelBindings } from './channel-binding.ts';
export { type CramMd5Options, cramMd5, cramMd5Client } from './cram-md5.ts';
export { leniently, preparedName } from './credentials.ts';
export { type ExternalOptions, external, externalClient } from './external.ts';
export { login, loginClient } from './login.ts';
export {
  type PasswordLogin,
  type ProvenLogin,
  type SaslClientExchange,
  type SaslServerContext,
  type SaslServerExchange,
  type SaslServerMechanism,
  type SaslStep,
  Secret,
  type Verdict,
} from './mechanism.ts';
export {
  type BearerClientExchange,
  type BearerCredentials,
  type BearerExplanation,
  type BearerLogin,
  type BearerOptions,
  type BearerRefusal,
  type OauthbearerOptions,
  oauthbearer,
  oauthbearerClient,
} from './oauthbearer.ts';
export { type PlainCredentials, plain, plainClient } from './plain.ts';
export { saslprep } from './saslprep.ts';
export { type ScramCredentials, type ScramOptions, scram, scramClient } from './scram.ts';
export { type ScramHash, type ScramKeys, scramKeys } from './scram-keys.ts';
export { type BindableConnection, tlsBindings } from './tls-binding.ts';
export { xoauth2, xoauth2Client } from './xoauth2.ts';
