import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { connectOffice } from '../control/client.ts';
import { controlSocket } from '../control/protocol.ts';
import { Failure } from '../failure.ts';
import { dataFolder } from '../store/letters/segments/folder.ts';
import { error, type Finding, ok, warning } from './finding.ts';
import { lockHolder } from './index-file.ts';

/** How long an office may take to say how it is. */
const PATIENCE = 2000;

/** Whether an office is open on the data folder, and answers. */
export interface OfficeExamined {
  readonly findings: readonly Finding[];
  readonly open: boolean;
  /** Its process, where the system tells. */
  readonly pid: number | undefined;
}

export async function examineOffice(data: string): Promise<OfficeExamined> {
  const holder = lockHolder(dataFolder(data).lock);
  const pid = typeof holder === 'number' ? holder : undefined;
  const by = pid === undefined ? '' : ` (process ${pid})`;
  try {
    const office = await connectOffice(data);
    if (office === undefined) return { findings: [closed(data, holder, by)], open: holder !== undefined, pid };
    try {
      const status = await Promise.race([office.status({}), wait(PATIENCE, undefined, { ref: false })]);
      const finding =
        status === undefined
          ? error(`the office is open${by} and does not answer`, 'look at its log, and restart it')
          : ok(`the office is open${by}, with ${status.sessions} sessions`);
      return { findings: [finding], open: true, pid };
    } finally {
      await office.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return {
      findings: [error(`the office cannot be asked: ${thrown.message}`, 'be the user that runs it')],
      open: true,
      pid,
    };
  }
}

function closed(data: string, holder: number | 'unknown' | undefined, by: string): Finding {
  // The lock goes with its process, so whoever has it is alive: an office that is opening or closing, or another verb.
  if (holder !== undefined && holder !== 'unknown') {
    return warning(`another program has the data folder${by}, and does not answer`, 'wait for it, or end it');
  }
  if (!existsSync(data)) return ok('the office has never been opened');
  const left = existsSync(controlSocket(data)) ? '; it was killed when it was last open, which harms no letter' : '';
  return ok(`the office is closed${left}`);
}
