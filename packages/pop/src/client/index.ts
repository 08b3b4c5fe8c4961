/**
 * A POP3 client: connects, logs in, and hands over letters as streams; deletes only what was proved to be stored.
 * @module
 */

export { Capabilities } from '../pop3/exchange-capabilities.ts';
export type { DropListing } from '../pop3/exchange-listing.ts';
export type { BearerExplanation } from '../sasl/oauthbearer.ts';
export { connect } from './connect.ts';
export {
  type Discovered,
  type DiscoveredServer,
  type DiscoverOptions,
  discover,
  type SrvRecord,
  type SrvResolver,
} from './discover.ts';
export { Pop3Error, type Pop3ErrorCode } from './error.ts';
export type { Language } from './language.ts';
export { Letter } from './letter.ts';
export type { ListingKeyword, RawUniqueIds, ScanListing, UniqueIdListing } from './listings.ts';
export {
  defaultPop3ClientLimits,
  type Pop3Auth,
  type Pop3ClientLimits,
  type Pop3ClientOptions,
  type Pop3Tls,
  type SecretSource,
  type TokenSource,
} from './options.ts';
export { type CallOptions, type Outcome, Pop3Client } from './pop3-client.ts';
export type { Receipt } from './receipt.ts';
export { Retrieval, type Retrieved } from './retrieval.ts';
export type { Security } from './security.ts';
export type { Pop3Logger } from './trace.ts';
export {
  formatPop3Url,
  type Pop3Scheme,
  type Pop3Url,
  type Pop3UrlOptions,
  parsePop3Url,
  pop3UrlOptions,
} from './url.ts';
export { type Verified, verify } from './verify.ts';
export { type MessageNumber, messageNumber, type UniqueId } from './words.ts';
