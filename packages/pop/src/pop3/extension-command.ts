import { StoreError } from '../maildrop/store-error.ts';
import type { ExtensionCommand } from './extension.ts';
import { err, multiline, ok } from './replies.ts';
import { responseCode } from './response-codes.ts';
import type { Session } from './session.ts';

/** Runs an embedder's command and sends its answer. */
export function runExtension(session: Session, command: ExtensionCommand, line: Buffer): void {
  const rest = line.toString('latin1', command.keyword.length + 1);
  session.ask({ type: 'extension', command, line: rest, state: session.situation.state }, (reply) => {
    if (reply instanceof StoreError) return session.send(err('that failed', responseCode(reply.kind)));
    if (!reply.ok) return session.send(err(reply.text));
    session.send(ok(reply.text));
    if (reply.lines !== undefined) session.send(multiline(reply.lines.map(oneLine)));
  });
}

/** Whatever an embedder hands over, its line is one line, and ASCII. */
function oneLine(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, '?');
}
