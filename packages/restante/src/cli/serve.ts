import { Command } from 'commander';
import type { OpenDoor } from '../serve/listening.ts';
import { type ListenOptions, listenOverrides, withListenOptions } from './listen-options.ts';
import { printJsonLine } from './output.ts';
import { changesSince, placesOf } from './places.ts';

/** `restante serve`. */
export function serveCommand(): Command {
  return withListenOptions(new Command('serve'))
    .description('open the post office, until SIGTERM or Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action(serve);
}

const EXAMPLES = `
An option given again adds one more address.

Examples:
  restante serve --pop3 off --pop3s 0.0.0.0:995 --smtp 0.0.0.0:25 --lmtp off
  restante serve --data /srv/mail --pop3 127.0.0.1:0        port 0: any that is free`;

async function serve(options: ListenOptions, self: Command): Promise<void> {
  const overrides = listenOverrides(options);
  const places = placesOf(self, overrides);
  // Loaded only to serve: no other verb waits for the protocols and the log.
  const { serveUntilStopped } = await import('../serve/serve.ts');
  await serveUntilStopped({
    ...places,
    changes: () => changesSince(places, overrides),
    onDoor: places.json ? printDoor : () => {},
  });
}

function printDoor({ door, address }: OpenDoor): void {
  const { type: _, ...where } = address;
  printJsonLine({ listener: door, ...where });
}
