import { COMMANDS, type CommandRow } from './commands.ts';
import type { Pop3Service } from './service.ts';
import type { Situation } from './situation.ts';
import { meets } from './situation.ts';
import { type Terms, termLines } from './terms.ts';

/** Promised by how every reply is made, and by no command of their own (RFC 2449 §6, RFC 3206 §6). */
const BEHAVIOUR = ['RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING'];

/**
 * The lines of CAPA. They differ between the states in STLS and in what is true of one account only (EXT-02), and between connections in what needs TLS: what
 * is not listed is not accepted either, since both read {@link COMMANDS} by way of {@link meets}.
 */
export function capabilities(service: Pop3Service, situation: Situation, terms: Terms = {}): string[] {
  const lines: string[] = [];
  for (const row of Object.values<CommandRow>(COMMANDS)) {
    if (row.capability === undefined || !meets(situation, row.requires)) continue;
    if (row.capability === 'STLS' && situation.state !== 'AUTHORIZATION') continue;
    if (row.capability === 'SASL') lines.push(...sasl(service, situation));
    else lines.push(row.capability);
  }
  lines.push(...BEHAVIOUR, ...termLines(terms, situation.state !== 'AUTHORIZATION'));
  if (service.implementation !== false) lines.push(`IMPLEMENTATION ${service.implementation}`);
  for (const { capability } of service.extensions.values()) {
    if (capability !== undefined) lines.push(capability);
  }
  return lines;
}

/** The mechanisms that may be used here; no line when there are none (EXT-13, AUTH-02, AUTH-22). */
function sasl(service: Pop3Service, situation: Situation): string[] {
  const names: string[] = [];
  for (const mechanism of service.mechanisms.values()) {
    if (meets(situation, mechanism.plaintext ? 'cleartext' : undefined)) names.push(mechanism.name);
  }
  return names.length === 0 ? [] : [`SASL ${names.join(' ')}`];
}
