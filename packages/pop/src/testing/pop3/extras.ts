import type { ExtensionCommand } from '../../pop3/extension.ts';
import type { SaslServerMechanism, SaslStep } from '../../sasl/mechanism.ts';

/** A mechanism in which the server speaks first, and has something to say at the end (AUTH-09, AUTH-16). */
export function askingMechanism(isAccount: (name: string) => boolean): SaslServerMechanism {
  const challenge = (text: string): SaslStep => ({ type: 'challenge', data: Buffer.from(text) });
  return {
    name: 'X-ASK',
    plaintext: false,
    clientFirst: false,
    serve() {
      let account: string | undefined;
      return {
        next(response) {
          if (response === undefined) return challenge('who?');
          if (account === undefined) {
            [account = ''] = Buffer.from(response).toString().split(' ');
            return challenge('welcome');
          }
          const accepted = response.length === 0 && isAccount(account);
          return accepted ? { type: 'accepted', account } : { type: 'refused' };
        },
      };
    },
  };
}

/** A command that says what it was told; told LONG, more than a line can hold (P3-06). */
export const echo: ExtensionCommand = {
  keyword: 'XECH',
  states: ['AUTHORIZATION', 'TRANSACTION'],
  capability: 'X-ECHO',
  handle: (line) => ({ ok: true, text: line === 'LONG' ? 'b'.repeat(600) : line }),
};
