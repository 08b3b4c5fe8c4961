import type { Fault } from './points.ts';

/** What a collector is told to do. */
export interface CollectOrder {
  readonly port: number;
  readonly user: string;
  /** As users write it. */
  readonly destination: string;
  /** Where its journal is, and what else it keeps. */
  readonly state: string;
  /** The office whose accounts letters go to. */
  readonly data?: string;
  readonly fault?: Fault;
  /** By how many milliseconds its clock is ahead. */
  readonly ahead?: number;
}
