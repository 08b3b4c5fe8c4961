import { fromLine } from '../../import/from-line.ts';
import { FromQuoter } from '../../import/from-quoting.ts';

const LF = 0x0a;
const LINE_END = Buffer.from('\n');

/**
 * A letter as it stands in an mbox file, as mboxrd has it: a `From ` line, its lines of any number of `>` and `From ` with
 * one more `>`, and an empty line behind it. Its last line gets its line end.
 */
export function* mboxEntry(letter: Iterable<Buffer>, listed: number): Generator<Buffer> {
  yield Buffer.from(fromLine(listed));
  const quoter = new FromQuoter();
  let last = LF;
  for (const piece of letter) {
    last = piece.at(-1) ?? last;
    yield quoter.push(piece);
  }
  yield quoter.end();
  if (last !== LF) yield LINE_END;
  yield LINE_END;
}
