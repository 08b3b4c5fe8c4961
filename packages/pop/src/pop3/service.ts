import type { SaslServerMechanism } from '../sasl/mechanism.ts';
import { COMMANDS } from './commands.ts';
import type { ExtensionCommand } from './extension.ts';

/** What all sessions of a server have in common. */
export interface Pop3Service {
  /** The name in the greeting. */
  readonly hostname: string;
  /** By name, in the order in which CAPA lists them. */
  readonly mechanisms: ReadonlyMap<string, SaslServerMechanism>;
  /** By keyword. */
  readonly extensions: ReadonlyMap<string, ExtensionCommand>;
  readonly implementation: string | false;
  /** Whether the driver can tell {@link Terms}. */
  readonly terms: boolean;
  readonly bareLineFeed: boolean;
  /** See Pop3Limits. */
  readonly saslLine: number;
  readonly failedLogins: number;
  readonly badCommands: number;
}

export interface Pop3ServiceOptions extends Omit<Pop3Service, 'mechanisms' | 'extensions' | 'terms'> {
  /** Default no. */
  readonly terms?: boolean;
  readonly mechanisms: readonly SaslServerMechanism[];
  readonly commands: readonly ExtensionCommand[];
}

/** The longest line of CAPA, CRLF left out (EXT-03). */
const CAPABILITY_ROOM = 510;

/** Checks what an embedder hands over. Throws a TypeError that names the value and what it should be. */
export function pop3Service({ mechanisms, commands, terms = false, ...rest }: Pop3ServiceOptions): Pop3Service {
  const { implementation } = rest;
  if (implementation !== false && !/^[\x21-\x7e]([\x20-\x7e]{0,400}[\x21-\x7e])?$/.test(implementation)) {
    throw new TypeError('implementation: up to 400 printable ASCII characters, or false for none');
  }
  const named = new Map<string, SaslServerMechanism>();
  for (const mechanism of mechanisms) {
    const { name } = mechanism;
    if (!/^[A-Z0-9_-]{1,20}$/.test(name)) throw new TypeError(`SASL mechanism "${name}": 1 to 20 of A-Z, 0-9, - and _`);
    if (named.has(name)) throw new TypeError(`SASL mechanism ${name} is given twice`);
    named.set(name, mechanism);
  }
  if ([...named.keys()].join(' ').length + 'SASL '.length > CAPABILITY_ROOM) {
    throw new TypeError('too many SASL mechanisms for one line of CAPA');
  }
  const extensions = new Map<string, ExtensionCommand>();
  for (const command of commands) {
    const keyword = command.keyword.toUpperCase();
    if (!/^X[\x21-\x7e]{2,3}$/.test(keyword)) {
      throw new TypeError(`command "${command.keyword}": 3 or 4 printable characters, the first an X (EXT-32)`);
    }
    if (keyword in COMMANDS || extensions.has(keyword)) throw new TypeError(`command ${keyword} is given twice`);
    const { capability } = command;
    if (capability !== undefined && !/^X[\x21-\x7e]*( [\x21-\x7e]+)*$/i.test(capability)) {
      throw new TypeError(
        `capability "${capability}": words of printable characters, the first begins with X (EXT-32)`,
      );
    }
    if ((capability?.length ?? 0) > CAPABILITY_ROOM) throw new TypeError(`the capability of ${keyword} is too long`);
    extensions.set(keyword, command);
  }
  return { ...rest, terms, mechanisms: named, extensions };
}
