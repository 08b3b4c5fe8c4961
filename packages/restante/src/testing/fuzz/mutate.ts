import type { Random } from '../oracle/random.ts';
import type { Input } from './corpus.ts';

/** What a fuzzer of its own protocol would know: words, and numbers at borders. */
const NUMBERS = [
  '0',
  '1',
  '2',
  '3',
  '4',
  '-1',
  '00',
  '01',
  '+1',
  '1.5',
  '1e3',
  '0x1',
  '255',
  '256',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551616',
  '99999999999999999999999',
];
const OCTETS = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\n\r',
  '.',
  '\r\n.\r\n',
  '\n.\n',
  '\r.\r',
  '\r\n.\n',
  '\n.\r\n',
  ' ',
  '\t',
  '\x7f',
  '\x80',
  '\xff',
  '\xc3\x28',
  '\xf0\x9f\x93\xae',
  '<',
  '>',
  '@',
  '"',
  '\\',
  ':',
  ',',
  '*',
  '=',
  '%s%n',
  '[',
  '[IN-USE] ',
  '\x1b[2J',
];

/** One input made out of another, and parts of a third. */
export function mutate(input: Input, others: readonly Input[], words: readonly Buffer[], random: Random): Input {
  let changed: Buffer[] = [...input];
  const times = 1 + random.below(4);
  for (let time = 0; time < times; time += 1) changed = once(changed, others, words, random);
  if (random.oneIn(8)) changed = [Buffer.concat(changed)];
  else if (random.oneIn(12)) changed = cutUp(Buffer.concat(changed), random);
  return bounded(changed);
}

/** What goes on after an unlucky series of doublings is no better a test. */
const MOST_OCTETS = 65_536;

function bounded(input: readonly Buffer[]): Buffer[] {
  let left = MOST_OCTETS;
  const kept: Buffer[] = [];
  for (const write of input) {
    if (left <= 0) break;
    kept.push(write.length <= left ? write : write.subarray(0, left));
    left -= write.length;
  }
  return kept;
}

function once(input: Buffer[], others: readonly Input[], words: readonly Buffer[], random: Random): Buffer[] {
  const at = random.below(input.length + 1);
  const here = input[Math.min(at, input.length - 1)] ?? Buffer.alloc(0);
  const put = (...writes: Buffer[]) => input.toSpliced(at, at < input.length ? 1 : 0, ...writes);
  const insert = (...writes: Buffer[]) => input.toSpliced(at, 0, ...writes);
  switch (random.below(15)) {
    case 0: // swap
      return at > 0 && at < input.length
        ? input.toSpliced(at - 1, 2, here, input[at - 1] ?? here)
        : [...input].reverse();
    case 1: // repeat
      return insert(...new Array<Buffer>(1 + random.below(random.oneIn(20) ? 200 : 4)).fill(here));
    case 2: // truncate
      return put(here.subarray(0, random.below(here.length + 1)));
    case 3: // leave out
      return input.toSpliced(at, 1);
    case 4: {
      // splice another's rest
      const other = others[random.below(others.length)] ?? [];
      return [...input.slice(0, at), ...other.slice(random.below(other.length + 1))];
    }
    case 5: // a line of another's
      return insert(words[random.below(words.length)] ?? here);
    case 6: {
      // a number at a border
      const text = here.toString('latin1');
      const number = NUMBERS[random.below(NUMBERS.length)] ?? '0';
      const replaced = /\d/.test(text) ? text.replace(/\d+/, number) : text.replace(/(\r?\n)?$/, ` ${number}$1`);
      return put(Buffer.from(replaced, 'latin1'));
    }
    case 7: {
      // octets that mean something to somebody
      const octets = Buffer.from(OCTETS[random.below(OCTETS.length)] ?? '', 'latin1');
      const where = random.below(here.length + 1);
      return put(Buffer.concat([here.subarray(0, where), octets, here.subarray(where)]));
    }
    case 8: {
      // any octet
      const copy = Buffer.from(here);
      if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
      return put(copy);
    }
    case 9: {
      // long arguments
      const length =
        [70, 250, 254, 255, 256, 500, 510, 512, 513, 998, 2_046, 2_048, 2_049, 12_286, 12_288, 12_290][
          random.below(16)
        ] ?? 0;
      const fill = Buffer.alloc(length, random.oneIn(2) ? 'x' : ' ');
      const end = here.length - (here.at(-1) === 10 ? 2 : 0);
      return put(Buffer.concat([here.subarray(0, Math.max(0, end)), fill, here.subarray(Math.max(0, end))]));
    }
    case 10: // no end of line, or another
      return put(
        Buffer.from(
          here.toString('latin1').replace(/\r?\n$/, ['', '\n', '\r', '\n\r', '\r\r\n'][random.below(5)] ?? ''),
          'latin1',
        ),
      );
    case 11: {
      // cut
      const where = random.below(here.length + 1);
      return put(here.subarray(0, where), here.subarray(where));
    }
    case 12: {
      // joined with what follows, as pipelined or injected commands are
      const next = input[at + 1];
      return next === undefined || at >= input.length ? input : input.toSpliced(at, 2, Buffer.concat([here, next]));
    }
    case 13: // other letters
      return put(
        Buffer.from(
          random.oneIn(2) ? here.toString('latin1').toLowerCase() : here.toString('latin1').toUpperCase(),
          'latin1',
        ),
      );
    default: {
      // a piece of it again
      const from = random.below(here.length + 1);
      const piece = here.subarray(from, from + random.below(here.length - from + 1));
      return put(Buffer.concat([here, piece]));
    }
  }
}

function cutUp(octets: Buffer, random: Random): Buffer[] {
  const writes: Buffer[] = [];
  for (let from = 0; from < octets.length; ) {
    const to = from + 1 + random.below(random.oneIn(2) ? 3 : 80);
    writes.push(octets.subarray(from, to));
    from = to;
  }
  return writes;
}
