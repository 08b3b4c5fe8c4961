import { Command } from 'commander';
import type { Override } from '../config/read-settings.ts';
import type { OpenDoor } from '../serve/listening.ts';
import { printJsonLine } from './output.ts';
import { placesOf } from './places.ts';

const DOORS = ['pop3', 'pop3s', 'smtp', 'lmtp', 'metrics'] as const;
type Door = (typeof DOORS)[number];
type ServeOptions = { readonly [D in Door]?: readonly string[] };

/** `restante serve`. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('open the post office, until SIGTERM or Ctrl-C')
    .option('--pop3 <address>', 'where POP3 is spoken: HOST:PORT or off (default: 127.0.0.1:1110)', gather)
    .option('--pop3s <address>', 'where POP3 is spoken inside TLS: HOST:PORT or off (default: 127.0.0.1:1995)', gather)
    .option('--smtp <address>', 'where mail comes in by SMTP: HOST:PORT or off (default: 127.0.0.1:1025)', gather)
    .option(
      '--lmtp <address>',
      'where mail comes in by LMTP: HOST:PORT, unix:PATH or off (default: 127.0.0.1:1024)',
      gather,
    )
    .option('--metrics <address>', 'where machines ask how the office is: HOST:PORT or off (default: off)', gather)
    .addHelpText('after', EXAMPLES)
    .action(serve);
}

const EXAMPLES = `
An option given again adds one more address.

Examples:
  restante serve --pop3 off --pop3s 0.0.0.0:995 --smtp 0.0.0.0:25 --lmtp off
  restante serve --data /srv/mail --pop3 127.0.0.1:0        port 0: any that is free`;

function gather(address: string, addresses: readonly string[] = []): readonly string[] {
  return [...addresses, address];
}

async function serve(options: ServeOptions, self: Command): Promise<void> {
  const places = placesOf(self, overrides(options));
  // Loaded only to serve: no other verb waits for the protocols and the log.
  const { serveUntilStopped } = await import('../serve/serve.ts');
  await serveUntilStopped({ ...places, onDoor: places.json ? printDoor : () => {} });
}

function printDoor({ door, address }: OpenDoor): void {
  const { type: _, ...where } = address;
  printJsonLine({ listener: door, ...where });
}

function overrides(options: ServeOptions): readonly Override[] {
  return DOORS.flatMap((door) => {
    const value = options[door];
    return value === undefined
      ? []
      : [{ key: `listen.${door}` as const, name: `--${door}`, value, folder: process.cwd() }];
  });
}
