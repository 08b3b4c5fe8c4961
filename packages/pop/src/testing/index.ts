/**
 * What tests of a maildrop, a store or a protocol need.
 * @module
 */
export { type Certificate, type CertificateNames, selfSignedCertificate } from './certificate.ts';
export { type DuplexSide, duplexPair, type MemorySocket } from './duplex-pair.ts';
export { type Fault, FaultyMaildrop, type MaildropFaults } from './faulty-maildrop.ts';
export { type FaultyMethod, FaultyStore, type StoreFault } from './faulty-store.ts';
export { ManualClock, turns } from './manual-clock.ts';
export { MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { type Pop3SubjectOptions, pop3Subject } from './pop3/subject.ts';
export { walkSessions } from './pop3/walk-sessions.ts';
export { ScriptedPeer, type ScriptedPeerOptions, ScriptFailure } from './scripted-peer.ts';
export { type Step, walkStore } from './store-cases/walk.ts';
export {
  runStoreCase,
  type StoreCase,
  type StoreUnderTest,
  storeCases,
  storeConformance,
} from './store-conformance.ts';
export { type Altered, alterations } from './transcript/alter.ts';
export { type Spoken, TranscriptFailure } from './transcript/failure.ts';
export type { Channel } from './transcript/open-connection.ts';
export { parseTranscript, TranscriptSyntaxError } from './transcript/parse.ts';
export { channels, runTranscript } from './transcript/run.ts';
export type { Situation, Subject } from './transcript/subject.ts';
export { type Directive, directive, type Step as TranscriptStep, type Transcript } from './transcript/transcript.ts';
