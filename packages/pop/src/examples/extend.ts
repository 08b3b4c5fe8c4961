import {
  createPop3Server,
  type ExtensionCommand,
  memoryMaildrop,
  type SaslServerMechanism,
  Secret,
} from '@restante/pop';

/** `XWHO` tells whose maildrop it is. CAPA shows `X-WHO`. */
const xwho: ExtensionCommand = {
  keyword: 'XWHO',
  states: ['TRANSACTION'],
  capability: 'X-WHO',
  handle: (line, { account, maildrop }) =>
    line === '' ? { ok: true, text: `${account} with ${maildrop?.count} letters` } : { ok: false, text: 'XWHO alone' },
};

/** `AUTH X-TOKEN dG9rZW4=`: whoever has the token reads the archive. It shows the token, so it wants TLS. */
const token: SaslServerMechanism = {
  name: 'X-TOKEN',
  plaintext: true,
  clientFirst: true,
  serve: () => ({
    next(response) {
      if (response === undefined) return { type: 'challenge', data: new Uint8Array() };
      return new Secret(response).matches('token') ? { type: 'accepted', account: 'archive' } : { type: 'refused' };
    },
  }),
};

export const server = createPop3Server({
  authenticate: () => ({ type: 'refused' }),
  openMaildrop: () => memoryMaildrop(['Subject: one\n\n.\n', 'Subject: two\n\n']),
  mechanisms: [token],
  commands: [xwho],
});
