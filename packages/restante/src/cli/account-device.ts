import { Secret } from '@restante/pop/sasl';
import { Command } from 'commander';
import { deviceCharacters, deviceFingerprint, generateDevicePassword } from '../accounts/device-password.ts';
import { parseDuration } from '../config/quantity.ts';
import { atOffice } from './at-office.ts';
import { UsageError } from './exit-code.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { table } from './table.ts';

/** `restante account device …`. */
export function deviceCommand(): Command {
  const command = new Command('device')
    .description('passwords for single devices and programs, each revoked alone')
    .addHelpText('after', EXAMPLES);
  for (const verb of [add(), list(), revoke()]) command.addCommand(verb);
  return command;
}

const EXAMPLES = `
Examples:
  restante account device add anna --label phone
  restante account device add anna --label 'the old laptop' --expires 30d
  restante account device revoke anna --label phone`;

function add(): Command {
  return new Command('add')
    .description('make up a password for a device, and print it this once')
    .argument('<name>')
    .requiredOption('--label <text>', 'what the device is called')
    .option('--expires <time>', 'when it ends: a time from now (30d), or a date (2027-01-31)')
    .action(async (name: string, { label, expires }: { label: string; expires?: string }, self: Command) => {
      const ends = expires === undefined ? undefined : endOf(expires);
      const places = placesOf(self);
      const password = generateDevicePassword();
      const fingerprint = deviceFingerprint(deviceCharacters(new Secret(password)) ?? '');
      const device = await atOffice(places, {}, (office) =>
        office.addDevice({ name, label, fingerprint, ...(ends !== undefined && { expires: ends }) }),
      );
      say(`The account ${device.account} has a password for ${JSON.stringify(device.label)}. It is not shown again:`);
      if (places.json) printJson({ ...device, password });
      else print(`${password}\n`);
    });
}

function list(): Command {
  return new Command('list')
    .description('list the devices that have a password, and when each was used last')
    .argument('<name>')
    .action(async (name: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const devices = await atOffice(places, {}, (office) => office.listDevices({ name }));
      if (places.json) return printJson(devices);
      const headings = ['label', 'state', 'made', 'expires', 'used', 'from', 'over'];
      const rows = devices.map(({ label, state, made, expires = 'never', used }) => [
        label,
        state,
        made,
        expires,
        used?.at ?? 'never',
        used?.address ?? '',
        used?.over ?? '',
      ]);
      print(table(headings, rows));
    });
}

function revoke(): Command {
  return new Command('revoke')
    .description('take a password back: it is refused from the next login on')
    .argument('<name>')
    .requiredOption('--label <text>', 'what the device is called')
    .action(async (name: string, { label }: { label: string }, self: Command) => {
      const places = placesOf(self);
      await atOffice(places, {}, (office) => office.revokeDevice({ name, label }));
      say(`The password of ${JSON.stringify(label)} is revoked. A session that it has open goes on until it ends.`);
      if (places.json) printJson({ label, revoked: true });
    });
}

function endOf(text: string): number {
  const length = parseDuration(text);
  if (length !== undefined) return Date.now() + length;
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError(`--expires takes a time from now (30d) or a date (2027-01-31), not ${JSON.stringify(text)}`);
  return time;
}
