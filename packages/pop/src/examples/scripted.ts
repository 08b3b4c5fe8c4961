import assert from 'node:assert/strict';
import { connect, messageNumber } from '@restante/pop/client';
import { ScriptedPeer } from '@restante/pop/testing';

/** A test of what a program does when a letter breaks off in the middle. */
export async function aLetterBreaksOff(): Promise<void> {
  const server = new ScriptedPeer(`
    S: +OK ready
    C: CAPA
    S: -ERR what?
    C: USER ada
    S: +OK
    C: PASS analytical engine
    S: +OK
    C: CAPA
    S: -ERR what?
    C: RETR 1
    S: +OK 1000 octets
    S: Subject: the beginn\\c
    DROP
  `);
  const pop = await connect({
    host: 'pop.example.org',
    socket: server.socket,
    auth: { user: 'ada', pass: 'analytical engine' },
    secure: false,
    requireTLS: false,
    allowInsecureAuth: true,
  });
  await assert.rejects(pop.retrieve(messageNumber(1)).done, { code: 'TRUNCATED', retryable: true });
  assert.equal(await pop.commit(), 'rolled-back');
}
