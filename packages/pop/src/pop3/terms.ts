/**
 * What CAPA says of how often mail may be called for, and of how long it is kept (RFC 2449 §6.5 and §6.7): of one account after
 * login; before it what is true of all, since nobody knows yet who calls.
 */
export interface Terms {
  /** Seconds from one login to the next, before login the largest of all accounts; absent: nothing is said. */
  readonly loginDelay?: number;
  /** Whether accounts differ in it. Looked at before login only. */
  readonly loginDelayDiffers?: boolean;
  /** Days that a letter is kept at least, before login the fewest of all accounts; `never`: no letter is removed but by its owner. Absent: nothing is said. */
  readonly expire?: number | 'never';
  readonly expireDiffers?: boolean;
}

/** The lines of CAPA (EXT-20, EXT-25, EXT-26). */
export function termLines(terms: Terms, loggedIn: boolean): string[] {
  const lines: string[] = [];
  const line = (tag: string, value: number | string | undefined, differs: boolean | undefined): void => {
    if (value !== undefined) lines.push(`${tag} ${value}${differs === true && !loggedIn ? ' USER' : ''}`);
  };
  line('LOGIN-DELAY', terms.loginDelay, terms.loginDelayDiffers);
  line('EXPIRE', terms.expire === 'never' ? 'NEVER' : terms.expire, terms.expireDiffers);
  return lines;
}
