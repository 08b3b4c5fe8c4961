import type { Command } from 'commander';

/** Loads a verb: all of it, or what a command line with these words has need of. */
export type VerbLoader = (words?: readonly string[]) => Promise<Command>;

/**
 * The verbs, in the order of the help. Each is loaded when it is wanted, since most of what one needs no other does:
 * all of them take longer to load than most of them to run.
 */
export const VERBS: Readonly<Record<string, VerbLoader>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  account: async () => (await import('./account.ts')).accountCommand(),
  deliver: async () => (await import('./deliver.ts')).deliverCommand(),
  collect: async (words) => (await import('./collect/collect.ts')).collectCommand(words),
  import: async () => (await import('./import.ts')).importCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  alias: async () => (await import('./alias.ts')).aliasCommand(),
  route: async () => (await import('./route.ts')).routeCommand(),
  sessions: async () => (await import('./sessions.ts')).sessionsCommand(),
  letter: async () => (await import('./letter.ts')).letterCommand(),
  undelete: async () => (await import('./undelete.ts')).undeleteCommand(),
  purge: async () => (await import('./purge.ts')).purgeCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  repair: async () => (await import('./repair.ts')).repairCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
};

/** The verb of a command line; undefined where there is none, or one has to look closer to tell. */
export function verbOf(args: readonly string[]): string | undefined {
  const [first = ''] = args;
  return Object.hasOwn(VERBS, first) ? first : undefined;
}
