import type { CommandWatch } from '@restante/pop/dialogue';
import type { DeliveryCommandReport } from './report.ts';

/** Times one session's commands. By the machine's own fine clock, since most take less than a millisecond. */
export function commandTimer(report: (command: DeliveryCommandReport) => void): CommandWatch {
  let keyword: string | undefined;
  let since = 0;
  return {
    began(word) {
      keyword = word;
      since = performance.now();
    },
    said(reply) {
      const outcome = reply.startsWith('4') ? 'temporary' : reply.startsWith('5') ? 'permanent' : 'ok';
      report({ ...(keyword !== undefined && { keyword }), outcome, milliseconds: performance.now() - since });
      return true;
    },
  };
}
