import { MboxSource } from '../../import/mbox.ts';
import type { UnsettledLetter } from './destination.ts';
import { letterDigest } from './letter-digest.ts';

/** Looks through an mbox file for letters, by their octets. Answers where they are; throws a Failure when it cannot be read. */
export async function searchMbox(
  path: string,
  letters: readonly UnsettledLetter[],
): Promise<ReadonlyMap<UnsettledLetter, string>> {
  const found = new Map<UnsettledLetter, string>();
  const source = MboxSource.open(path, { quoting: 'mboxrd' });
  try {
    for (const { number, open } of source.letters()) {
      const wanted = letters.filter((letter) => !found.has(letter) && mayBe(letter, open().size));
      if (wanted.length === 0) continue;
      for (const sha256 of await digestsOf([...open().pieces()])) {
        for (const letter of wanted) if (letter.sha256 === sha256) found.set(letter, `letter ${number}`);
      }
    }
  } finally {
    source.close();
  }
  return found;
}

/** A line end may have been put at its end, `>`s before its lines, and CRs have been taken from its line ends. */
function mayBe({ octets }: UnsettledLetter, size: number): boolean {
  return size <= octets * 2 + 2 && octets <= size * 2 + 2;
}

/** Of all that it may have been: with LF line ends or as it came, and with the last line end or without. */
async function digestsOf(letter: readonly Buffer[]): Promise<readonly string[]> {
  const forms = [letter, withoutLast(letter)];
  const digests: string[] = [];
  for (const form of forms) {
    digests.push((await letterDigest(form, 'line-feeds')).sha256, (await letterDigest(form, 'as-it-came')).sha256);
  }
  return digests;
}

function withoutLast(letter: readonly Buffer[]): readonly Buffer[] {
  const last = letter.findLastIndex(({ length }) => length > 0);
  return letter.slice(0, last + 1).map((piece, index) => (index === last ? piece.subarray(0, -1) : piece));
}
