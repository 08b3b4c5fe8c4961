/** Where a collector can be stopped: between any two of its effects. */
export const JOURNAL_POINTS = ['listed', 'fetching', 'staged', 'kept', 'delete-sent', 'gone'].flatMap((type) =>
  (['before', 'after'] as const).map((when) => `journal ${type} ${when}`),
);

export const POINTS: readonly string[] = [
  ...JOURNAL_POINTS,
  'destination stage',
  'destination write',
  'destination end',
  'destination prepare before',
  'destination prepare after',
  'destination place before',
  'destination place half',
  'destination place after',
  'C: UIDL',
  'C: RETR',
  'C: DELE',
  'C: QUIT',
  'S: +OK after QUIT',
];

/** Only come to when an earlier life was ended between staging and keeping. */
export const SETTLE_POINTS = ['destination settle before', 'destination settle after'] as const;

/** What happens at a point: the process is gone, as by SIGKILL, or what is done there fails. */
export interface Fault {
  readonly point: string;
  /** At which visit to it, the first being 1; for a failure: from which visit on. */
  readonly visit: number;
  readonly action: 'kill' | 'ENOSPC' | 'EROFS';
}

/** Tells a point that it was come to. */
export type Visit = (point: string) => void;

/** Carries the fault out when its point has been visited so often. */
export function visits(fault: Fault | undefined): Visit {
  let count = 0;
  return (point) => {
    if (point !== fault?.point) return;
    count += 1;
    if (count < fault.visit) return;
    if (fault.action === 'kill') process.kill(process.pid, 'SIGKILL');
    else throw Object.assign(new Error(`${fault.action}: planted at ${point}`), { code: fault.action });
  };
}
