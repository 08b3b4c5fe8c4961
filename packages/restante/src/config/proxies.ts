import { parseNetwork } from '@restante/pop/server';
import * as v from 'valibot';
import type { Kind } from './kinds.ts';

/** Addresses and networks, and `unix` for whoever comes by a unix socket. */
export function proxies(): Kind<readonly string[]> {
  const form = 'addresses, networks such as "192.0.2.0/24", or "unix"';
  const message = `must be an array of ${form}`;
  const wrong = ({ input }: { readonly input: unknown }): string => `${message}: ${JSON.stringify(input)} is none`;
  const isNetwork = (text: string): boolean => text === 'unix' || parseNetwork(text) !== undefined;
  return {
    schema: v.array(v.pipe(v.string(wrong), v.check(isNetwork, wrong)), message),
    form: `array of ${form}`,
    write: (value) => `[${value.map((item) => JSON.stringify(item)).join(', ')}]`,
  };
}
