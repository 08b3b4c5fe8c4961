import { MboxSource } from '../../import/mbox.ts';
import type { UnsettledLetter } from './destination.ts';
import { letterDigest } from './letter-digest.ts';

const LF = 0x0a;

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

/** Line ends may have been put at its end, `>`s before its lines, and CRs have been taken from its line ends. */
function mayBe({ octets }: UnsettledLetter, size: number): boolean {
  return size <= octets * 2 + 2 * MORE && octets <= size * 2;
}

/** Empty lines that another program, which appended a letter of its own, may have put behind it. */
const MORE = 3;

/** Of all that it may have been: with LF line ends or as it came, and without line ends at its end that it had not. */
async function digestsOf(letter: readonly Buffer[]): Promise<readonly string[]> {
  const digests: string[] = [];
  for (
    let form: readonly Buffer[] | undefined = letter, more = 0;
    form && more <= MORE;
    form = withoutLast(form), more += 1
  ) {
    digests.push((await letterDigest(form, 'line-feeds')).sha256, (await letterDigest(form, 'as-it-came')).sha256);
  }
  return digests;
}

/** Without the line end that it ends with; undefined where it does not. */
function withoutLast(letter: readonly Buffer[]): readonly Buffer[] | undefined {
  const last = letter.findLastIndex(({ length }) => length > 0);
  if (letter[last]?.at(-1) !== LF) return undefined;
  return letter.slice(0, last + 1).map((piece, index) => (index === last ? piece.subarray(0, -1) : piece));
}
