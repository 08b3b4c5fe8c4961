import type { Command } from 'commander';
import type { Override } from '../config/read-settings.ts';

/** Options that beat the `listen.…` settings of the same name. */
const DOORS = [
  ['pop3', 'where POP3 is spoken: HOST:PORT or off (default: 127.0.0.1:1110)'],
  ['pop3s', 'where POP3 is spoken inside TLS: HOST:PORT or off (default: 127.0.0.1:1995)'],
  ['smtp', 'where mail comes in by SMTP: HOST:PORT or off (default: 127.0.0.1:1025)'],
  ['lmtp', 'where mail comes in by LMTP: HOST:PORT, unix:PATH or off (default: 127.0.0.1:1024)'],
  ['metrics', 'where machines ask how the office is: HOST:PORT or off (default: off)'],
] as const;

/** As they come from the command line, beside whatever else a verb takes. */
export type ListenOptions = { readonly [D in (typeof DOORS)[number][0]]?: readonly string[] };

/** Gives a verb these options; one that is given again adds one more address. */
export function withListenOptions(command: Command): Command {
  for (const [door, meaning] of DOORS) command.option(`--${door} <address>`, meaning, gather);
  return command;
}

function gather(address: string, addresses: readonly string[] = []): readonly string[] {
  return [...addresses, address];
}

/** What was given of them. */
export function listenOverrides(options: ListenOptions): readonly Override[] {
  return DOORS.flatMap(([door]) => {
    const value = options[door];
    return value === undefined
      ? []
      : [{ key: `listen.${door}` as const, name: `--${door}`, value, folder: process.cwd() }];
  });
}
