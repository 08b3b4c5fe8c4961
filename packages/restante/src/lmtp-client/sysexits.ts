import type { LmtpOutcome } from './lmtp-client.ts';
import type { Reply } from './reply.ts';

/** What mail systems understand of a delivery agent's exit status (sysexits.h). All but 75 make a letter go back to its sender. */
export const SYSEXITS = {
  ok: 0,
  usage: 64,
  dataError: 65,
  noInput: 66,
  noUser: 67,
  unavailable: 69,
  cannotCreate: 73,
  /** Come again later: said of everything that is not sure. */
  temporary: 75,
  noPermission: 77,
} as const;

export type Sysexit = (typeof SYSEXITS)[keyof typeof SYSEXITS];

/** By the subject, or the subject and detail, of an enhanced status code that is permanent (RFC 3463). */
const BY_STATUS: Readonly<Record<string, Sysexit | undefined>> = {
  '1': SYSEXITS.noUser,
  '2': SYSEXITS.cannotCreate,
  '2.1': SYSEXITS.unavailable,
  '3.4': SYSEXITS.dataError,
  '5.2': SYSEXITS.dataError,
  '6': SYSEXITS.dataError,
  '7': SYSEXITS.noPermission,
};

export function sysexitOf(outcome: LmtpOutcome): Sysexit {
  switch (outcome.type) {
    case 'lost':
      return SYSEXITS.temporary;
    case 'unfit':
      return SYSEXITS.dataError;
    case 'reply':
      return ofReply(outcome.reply);
  }
}

function ofReply({ code, status }: Reply): Sysexit {
  if (code < 300) return SYSEXITS.ok;
  if (code < 500) return SYSEXITS.temporary;
  const [, subject = '', detail = ''] = status?.split('.') ?? [];
  const known = BY_STATUS[`${subject}.${detail}`] ?? BY_STATUS[subject];
  return known ?? (code === 550 && status === undefined ? SYSEXITS.noUser : SYSEXITS.unavailable);
}

/** One status for all: whoever may still have it is not given up. */
export function worst(statuses: readonly Sysexit[]): Sysexit {
  if (statuses.includes(SYSEXITS.temporary)) return SYSEXITS.temporary;
  return statuses.find((status) => status !== SYSEXITS.ok) ?? SYSEXITS.ok;
}
