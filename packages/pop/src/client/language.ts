import { command, mustBeOk } from './calls.ts';
import { Pop3Error } from './error.ts';
import { isLanguageRange } from './language-range.ts';
import type { Link } from './link.ts';

/** A language in which a server can speak to people (RFC 6856 §3.2). */
export interface Language {
  /** Its tag, as RFC 5646 has them: `de`, `pt-BR`. */
  readonly tag: string;
  /** What the server says of it. */
  readonly description: string;
}

/** Languages of a LANG response at most. */
const MOST_LANGUAGES = 1_000;
/** The languages that there are to choose from, in the server's order, which means nothing (UTF-12). */
export async function languages(link: Link, signal?: AbortSignal): Promise<readonly Language[]> {
  const found: Language[] = [];
  const take = (line: Buffer): void => {
    const [, tag, description = ''] = /^([^ ]+)(?: (.*))?$/s.exec(link.trace.seemly(line.toString())) ?? [];
    if (tag !== undefined) found.push({ tag, description });
  };
  await mustBeOk(link, command('LANG', undefined, MOST_LANGUAGES), { signal, take });
  return found;
}

/**
 * From now on the server's words are in this language: its own tag, as the server gives it. Codes, numbers and keywords
 * stay what they are (UTF-16). Rejects with `REFUSED` where the server has no such language, and with nothing changed.
 */
export async function speak(link: Link, range: string, signal?: AbortSignal): Promise<string> {
  if (!isLanguageRange(range)) throw new Pop3Error('ARGUMENT', `"${range}" is no language: de, pt-BR and * are`);
  const { text } = await mustBeOk(link, command('LANG', range), { signal });
  const [tag = ''] = text.split(' ', 1);
  return isLanguageRange(tag) ? tag : range;
}
