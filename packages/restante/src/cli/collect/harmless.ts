/** Controls, and what turns the direction of writing round; a line feed and a tab are none where lines are shown. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** Text that somebody else has written, on one line of a terminal. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same, where it may have lines. */
export function harmlessLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(harmless).join('\t'))
    .join('\n');
}
