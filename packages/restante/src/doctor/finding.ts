/** How bad it is: `error` keeps somebody from their mail, or will; `warning` is to be seen to. */
export type Level = 'ok' | 'warning' | 'error';

/** One thing that was looked at. */
export interface Finding {
  readonly level: Level;
  /** What was found, with the name of the thing. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export function ok(what: string): Finding {
  return { level: 'ok', what };
}

export function warning(what: string, remedy: string): Finding {
  return { level: 'warning', what, remedy };
}

export function error(what: string, remedy: string): Finding {
  return { level: 'error', what, remedy };
}
