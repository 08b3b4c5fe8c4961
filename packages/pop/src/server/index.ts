/**
 * Drivers: what runs a pure session on a socket.
 * @module
 */

export type { Terms } from '../pop3/terms.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export {
  type BreakKind,
  Connection,
  ConnectionError,
  type ConnectionHandler,
  type ConnectionOptions,
} from './connection.ts';
export {
  Conversation,
  type ConversationOptions,
  type Ending,
} from './conversation.ts';
export { ExclusiveMaildrops, type ExclusiveOptions } from './exclusive-maildrops.ts';
export { defaultPop3Limits } from './limits.ts';
export {
  type Entrance,
  type ListenAddress,
  Listener,
  type ListenerLimits,
  type ListenerOptions,
  type Listening,
} from './listener.ts';
export { LoginDelays } from './login-delays.ts';
export { isLoopback, localPeer, type Peer, peerOf, type TlsLayer } from './peer.ts';
export { networkOf, placeOf } from './place.ts';
export type { CommandReport, Pop3Limits, Pop3Options, SessionHandle, SessionReport, Visit } from './pop3-options.ts';
export { createPop3Server, type Pop3Address, type Pop3Server } from './pop3-server.ts';
export { ServerTls, type TlsSource } from './tls.ts';
export { type Network, type ProxyOptions, parseNetwork } from './trusted-proxies.ts';
