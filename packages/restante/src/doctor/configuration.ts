import type { Problem } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { warnings } from '../serve/warnings.ts';
import { wantedAddresses } from './addresses.ts';
import { error, type Finding, ok } from './finding.ts';

/** A configuration that has been read, whatever came of it. */
export interface ConfigurationRead {
  readonly file: string;
  readonly exists: boolean;
  /** How many settings it has. */
  readonly count: number;
  readonly problems: readonly Problem[];
}

/** Mistakes in the file, and settings that an operator should think about. */
export function examineConfiguration(
  { file, exists, count, problems }: ConfigurationRead,
  settings: Settings,
  now: number,
): readonly Finding[] {
  if (problems.length > 0) {
    return problems.map(({ line, message }) =>
      error(
        `${file}${line === undefined ? '' : `, line ${line}`}: ${message}`,
        'serve does not start before that is mended',
      ),
    );
  }
  const read = exists
    ? `${file} has ${count} settings, and no mistake`
    : `there is no ${file}: everything is as it comes`;
  // What serve warns of when it opens; certificates and postmaster are looked at more closely elsewhere.
  const { postmaster: _, ...rest } = settings;
  const doors = wantedAddresses(settings).map(({ key, address }) => ({ door: key.slice('listen.'.length), address }));
  const circumstances = {
    settings: { ...rest, postmaster: undefined },
    certificates: [],
    doors,
    postmaster: undefined,
    now,
  };
  return [ok(read), ...[...warnings(circumstances as never)].map((what): Finding => ({ level: 'warning', what }))];
}
