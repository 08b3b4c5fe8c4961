import type { CommandWatch } from '../dialogue/watch.ts';
import type { CommandReport } from './pop3-options.ts';

/** Times one session's commands. By the machine's own fine clock, since most take less than a millisecond. */
export function commandTimer(report: (command: CommandReport) => void): CommandWatch {
  let keyword: string | undefined;
  let since = 0;
  return {
    began(word) {
      keyword = word;
      since = performance.now();
    },
    said(text) {
      // A challenge of a SASL exchange: the reply comes at its end (RFC 5034 §4).
      if (text.startsWith('+ ')) return false;
      const outcome = text.startsWith('+') ? 'ok' : 'err';
      report({ ...(keyword !== undefined && { keyword }), outcome, milliseconds: performance.now() - since });
      return true;
    },
  };
}
