import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** What decides where the data is: the environment, and where we are. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * The data folder when none was named: `./data` in a clone (`scripts/run` says so by RESTANTE_IN_CLONE), else
 * `$XDG_DATA_HOME/restante`, which is `~/.local/share/restante` when the variable is not set.
 */
export function defaultDataFolder({ env, cwd }: Surroundings): string {
  if (env['RESTANTE_IN_CLONE'] === '1') return resolve(cwd, 'data');
  const xdg = env['XDG_DATA_HOME'];
  // The XDG specification has relative paths ignored.
  const base = xdg?.startsWith('/') ? xdg : join(env['HOME'] || homedir(), '.local', 'share');
  return join(base, 'restante');
}

/** The configuration that is read, if it is there, when none was named. */
export function defaultConfigurationFile(dataFolder: string): string {
  return join(dataFolder, 'restante.toml');
}
