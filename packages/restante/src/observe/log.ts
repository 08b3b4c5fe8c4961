import { writeSync } from 'node:fs';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Settings } from '../config/settings.ts';
import { textLine } from './text-line.ts';

/** The log: JSON lines, or lines for people. No secret can get into it: secrets are a type that prints as `[secret]`. */
export type Log = Logger;

/** Where and how it is written. */
export interface LogOptions {
  readonly level: Settings['log.level'];
  readonly format: Settings['log.format'];
  /** Whether stderr is a terminal. */
  readonly terminal: boolean;
  /** Whether text may be coloured. */
  readonly colour: boolean;
}

/** Octets of log that wait while nobody takes them from the pipe; beyond them lines are dropped, never waited for. */
const BACKLOG = 8 * 2 ** 20;

/** Opens the log on stderr. `flush` writes what waits, before the process ends. */
export function openLog(options: LogOptions): { log: Log; flush(): void } {
  const stderr = destination({ fd: 2, sync: false, maxLength: BACKLOG });
  // A terminal that has gone away answers EIO: there is no one left to tell. Left alone the stream would try for ever.
  const silence = (): void => void Object.assign(stderr, { write: nothing, end: nothing, flushSync: nothing });
  stderr.on('error', silence);
  const text = options.format === 'text' || (options.format === 'auto' && options.terminal);
  const stream: DestinationStream = text
    ? { write: (line: string) => stderr.write(textLine(line, options.colour)) }
    : stderr;
  const log = createLog(options.level, stream);
  return {
    log,
    flush: () => {
      try {
        // Of no octets, to see whether there is still somebody: flushSync does not come back from a terminal that is gone.
        writeSync(2, '');
        stderr.flushSync();
      } catch {
        silence();
      }
    },
  };
}

function nothing(): void {}

/** A log that writes to this stream, one JSON line a call. */
export function createLog(level: Settings['log.level'], stream: DestinationStream): Log {
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
}
