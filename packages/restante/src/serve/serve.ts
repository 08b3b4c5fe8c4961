import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isatty } from 'node:tty';
import { defaultDataFolder } from '../config/places.ts';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../failure.ts';
import { type Log, openLog } from '../observe/log.ts';
import type { OpenDoor } from './listening.ts';
import { openPostOffice, type PostOffice } from './post-office.ts';
import { doorLine, firstScreen } from './screen.ts';
import { ServiceManager } from './service-manager.ts';

export interface ServeOptions {
  readonly data: string;
  readonly settings: Settings;
  /** What the configuration says by now that is not in force, for people: only certificates are read anew while the office is open. */
  readonly changes: () => readonly string[];
  /** Told of each listener once all are open. */
  readonly onDoor: (door: OpenDoor) => void;
}

/** The office is gone this many milliseconds after it was asked to close, whatever happens. */
const LAST_MOMENT = 10_000;

/** Opens the office and keeps it open until SIGTERM or SIGINT, then closes it gently. Rejects when it cannot open. */
export async function serveUntilStopped({ data, settings, changes, onDoor }: ServeOptions): Promise<void> {
  const terminal = process.stderr.isTTY === true;
  const colour = terminal && process.stderr.hasColors();
  const { log, flush } = openLog({ level: settings['log.level'], format: settings['log.format'], terminal, colour });
  const stop = awaitStop();
  const manager = serviceManager(log);
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'this should not have happened, please report it');
    flush();
    process.exit(1);
  });
  const hangUp = awaitHangUp({ log, terminal, stop: stop.now, changes });
  try {
    const office = await openPostOffice({ data, settings, log, terminal, onStopped: () => stop.now('failure') });
    greet(office, data);
    // Said whatever the level: whoever starts an office wants to know where it is.
    const always = log.child({}, { level: 'info' });
    for (const door of office.doors) always.info(doorLine(door));
    for (const door of office.doors) onDoor(door);
    void manager?.ready(office.status());
    manager?.watch(office.works, office.status);
    const reread = async (): Promise<void> => {
      void manager?.reloading();
      await office.reread().catch((err: unknown) => log.error({ err }, 'the certificates could not be read anew'));
      void manager?.ready(office.status());
    };
    hangUp.opened(reread);
    const why = await stop.asked;
    log.info({ why }, 'closing');
    void manager?.stopping();
    await closeInTime(office, () => {
      log.error('not closed in time: what was under way is cut off');
      flush();
    });
    log.info('closed');
    if (why === 'failure') throw new Failure('the store failed: the log above says why');
  } finally {
    manager?.close();
    flush();
  }
}

/** Who keeps the office running, if anybody does. What it told us is not for the programs that we start. */
function serviceManager(log: Log): ServiceManager | undefined {
  const environment = { ...process.env };
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete process.env[name];
  const onError = (err: unknown) => log.error({ err }, 'the service manager could not be told');
  return ServiceManager.of({ environment, onError });
}

/** Says what a newcomer needs, on the first start only. */
function greet({ made, doors, certificate }: PostOffice, data: string): void {
  if (made === undefined) return;
  const { account, password } = made;
  const screen = firstScreen({
    account,
    password,
    doors,
    certificate,
    curl: isOnPath('curl'),
    program: process.env['RESTANTE_CLONE'] ? 'npm run -s restante --' : 'restante',
    ...(data !== defaultDataFolder(process.env) && { data }),
  });
  process.stderr.write(`\n${screen}\n`);
}

/** Whether the shell would find this program. */
function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

interface HangUpOptions extends Pick<ServeOptions, 'changes'> {
  readonly log: Log;
  readonly terminal: boolean;
  readonly stop: (why: Why) => void;
}

/**
 * SIGHUP is what an operator sends to have certificates read anew, and what the system sends when a terminal is gone: an office
 * that nobody sees any more closes, as any program in a terminal does. One that comes while the office opens is seen to then.
 */
function awaitHangUp({ log, terminal, stop, changes }: HangUpOptions): { opened(reread: () => Promise<void>): void } {
  let reread: (() => Promise<void>) | undefined;
  let early = false;
  const see = (): void => {
    log.info('SIGHUP: reading the certificates anew');
    for (const line of changes()) log.warn(line);
    void reread?.();
  };
  process.on('SIGHUP', () => {
    if (terminal && !isatty(process.stderr.fd)) stop('SIGHUP');
    else if (reread === undefined) early = true;
    else see();
  });
  return {
    opened: (how) => {
      reread = how;
      if (early) see();
    },
  };
}

type Why = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'failure';

/** The first signal, or failure, counts; later ones change nothing. */
function awaitStop(): { readonly asked: Promise<Why>; now(why: Why): void } {
  const { promise, resolve } = Promise.withResolvers<Why>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  return { asked: promise, now: resolve };
}

async function closeInTime(office: PostOffice, tooLate: () => void): Promise<void> {
  const timer = setTimeout(() => {
    tooLate();
    process.exit(1);
  }, LAST_MOMENT);
  await office.close();
  clearTimeout(timer);
}
