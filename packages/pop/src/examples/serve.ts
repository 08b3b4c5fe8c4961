import { createPop3Server, memoryMailbox } from '@restante/pop';

const mailbox = memoryMailbox(['From: Grace <grace@example.org>\nSubject: Hello\n\nYour first letter.\n']);

export const server = createPop3Server({
  authenticate({ authenticationIdentity: name, authorizationIdentity: actAs, password }) {
    const right = name === 'ada' && actAs === undefined && password.matches('analytical engine');
    return right ? { type: 'accepted', account: name } : { type: 'refused' };
  },
  openMaildrop: () => mailbox.open(),
});

export const address = await server.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 1110) });
