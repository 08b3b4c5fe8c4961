import type { Alias } from '../../accounts/alias.ts';
import type { FaultPlan } from '../../store/faults.ts';
import type { StoreLimits } from '../../store/limits.ts';

/** What the office's process is told in its argument, as JSON. */
export interface OfficeSettings {
  readonly data: string;
  readonly limits: Partial<StoreLimits>;
  readonly faults: FaultPlan;
}

/** What its operator asks of it, over the channel between parent and child. */
export type Request =
  | {
      readonly type: 'undelete';
      readonly maildrop: string;
      readonly uniqueIds: readonly string[];
      readonly renamed: boolean;
    }
  | { readonly type: 'purge'; readonly before: number }
  | { readonly type: 'compact' }
  | { readonly type: 'import'; readonly from: number; readonly to: number }
  | { readonly type: 'set-alias'; readonly alias: Alias }
  | { readonly type: 'add-account' | 'remove-account'; readonly name: string };

/** How many letters or segments it was about, or their unique-ids. */
export type Result = number | readonly string[];

export interface Order {
  readonly id: number;
  readonly request: Request;
}

export type Notice =
  | { readonly type: 'open'; readonly smtp: number; readonly lmtp: number; readonly pop3: number }
  | { readonly type: 'done'; readonly id: number; readonly result: Result }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
