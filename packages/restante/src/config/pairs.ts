import * as v from 'valibot';
import { type Kind, path } from './kinds.ts';

/** A certificate's file and its key's. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** Pairs of certificate and key, each under a `[[heading]]` of its own. */
export function pairs(heading: string): Kind<readonly CertificatePair[]> {
  const file = path();
  const message = `must be one or more [[${heading}]] tables, each with cert = "PATH" and key = "PATH"`;
  return {
    schema: v.array(v.strictObject({ cert: file.schema, key: file.schema }, message), message),
    form: `any number of \`[[${heading}]]\` tables with \`cert\` and \`key\``,
    write: (value) =>
      `[${value.map(({ cert, key }) => `{ cert = ${file.write(cert)}, key = ${file.write(key)} }`).join(', ')}]`,
    within: (value, folder) =>
      value.map(({ cert, key }) => ({
        cert: file.within?.(cert, folder) ?? cert,
        key: file.within?.(key, folder) ?? key,
      })),
  };
}
