import type { NamedTables, Setting } from './setting.ts';
import { NAMED_TABLES, SETTINGS } from './settings.ts';

/** `docs/configuration.md`, whole: written from the table, so that it cannot say anything else than what is read. */
export function settingsReference(): string {
  const rows = Object.entries(SETTINGS) as [string, Setting<unknown>][];
  const named = Object.entries(NAMED_TABLES).map(([key, tables]) =>
    namedSection(key, tables as unknown as NamedTables),
  );
  return `${HEAD}${rows.map(([key, row]) => section('###', key, row)).join('\n')}\n${named.join('\n')}`;
}

function namedSection(key: string, { rows, meaning, name }: NamedTables): string {
  const own = Object.entries(rows).map(([slot, row]) => section('####', slot, row));
  return `### \`[${key}.NAME]\`\n\n${meaning} It is ${name.form}.\n\n${own.join('\n')}`;
}

function section(depth: string, key: string, { kind, default: initial, otherwise, meaning }: Setting<unknown>): string {
  const standard = otherwise ?? `\`${kind.write(initial)}\``;
  return `${depth} \`${key}\`\n\n${meaning}\n\n- Value: ${kind.form}\n- Default: ${standard}\n`;
}

const HEAD = `# Configuration

<!-- Written by \`npm run docs\` from packages/restante/src/config/settings.ts: change it there. -->

Nothing has to be configured. What is, stands in one file in the [TOML](https://toml.io) format: \`restante.toml\` in the data
folder, or the one that \`--config FILE\` names. The command line beats the file. A key that does not exist, or a value that cannot be meant, is
refused with its dotted key; all such mistakes are shown at once, and nothing is opened.

\`\`\`toml
domains = ["example.org", "localhost"]
postmaster = "anna"

[listen]
pop3 = "off"
pop3s = ["0.0.0.0:995", "[::]:995"]
lmtp = "unix:/run/restante/lmtp.sock"

[tls]
cert = "/etc/restante/cert.pem"
key = "/etc/restante/key.pem"

[limits]
letter_size = "50 MiB"
idle = "15 min"

[collect.account.anna]
url = "pops://anna@pop.example.org"
password_file = "anna.password"
to = "account:anna"
afterwards = "delete after 14 d"
\`\`\`

\`limits.idle = "15 min"\` on a line of its own, before the first \`[table]\`, says the same as \`idle\` under \`[limits]\`. Relative paths
count from the folder of the file. A change takes effect at the next start.

## Settings

`;
