import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The data folder when none was named: `data` in the clone (whose folder `scripts/run` puts into RESTANTE_CLONE), else
 * `$XDG_DATA_HOME/restante`, which is `~/.local/share/restante` when the variable is not set.
 */
export function defaultDataFolder(env: Readonly<Record<string, string | undefined>>): string {
  const clone = env['RESTANTE_CLONE'];
  if (clone) return join(clone, 'data');
  const xdg = env['XDG_DATA_HOME'];
  // The XDG specification has relative paths ignored.
  const base = xdg?.startsWith('/') ? xdg : join(env['HOME'] || homedir(), '.local', 'share');
  return join(base, 'restante');
}

/** The configuration that is read, if it is there, when none was named. */
export function defaultConfigurationFile(dataFolder: string): string {
  return join(dataFolder, 'restante.toml');
}
