import { type Finding, ok } from './finding.ts';

/** What runs it. Versions of Node that are too old have been refused before anything else was loaded. */
export function examineNode(): readonly Finding[] {
  const { node, openssl, sqlite } = process.versions;
  return [ok(`Node ${node}, with OpenSSL ${openssl} and SQLite ${sqlite}`)];
}
