import { messageNumber, Pop3Error } from '@restante/pop/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Ending } from '../../collect/run/ending.ts';
import { print, printJson } from '../output.ts';
import { placesOf } from '../places.ts';
import { harmlessLines } from './harmless.ts';
import { optionsBelow, withServerOptions } from './options.ts';
import { letterNumber, lookAt, oneAccount } from './session.ts';
import { type ShownLetter, showLetter } from './shown-letter.ts';

const MOST_LINES = 100_000;

/** `restante collect peek URL|NAME N`. */
export function peekCommand(): Command {
  const command = new Command('peek')
    .description('show who a letter is from, and how it begins')
    .argument('<url|name>', 'a POP URL, or the name of an account in the configuration')
    .argument('<n>', 'the message-number, as list shows it')
    .addOption(new Option('--lines <n>', 'lines of the body that are fetched').argParser(lineCount).default(20))
    .option('--raw', 'the header and the lines as they came, undecoded; control characters are still shown as such');
  return withServerOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (word: string, wanted: string, _options: object, self: Command) => {
      const options = optionsBelow(self);
      const places = placesOf(self);
      const number = messageNumber(letterNumber(wanted));
      const chosen = await oneAccount(places, word, options);
      const octets = await lookAt(chosen, async (pop) => {
        try {
          return await pop.top(number, options['lines'] as number);
        } catch (thrown) {
          if (!(thrown instanceof Pop3Error && thrown.code === 'UNSUPPORTED')) throw thrown;
          throw new Ending('failed', 'the server has no TOP: restante collect get fetches all of the letter', thrown);
        }
      });
      if (options['raw'] === true) return print(`${harmlessLines(octets.toString('utf8').replace(/\r\n$/, ''))}\n`);
      const letter = await showLetter(octets);
      if (places.json) return printJson({ number, ...letter });
      print(told(letter));
    });
}

const EXAMPLES = `
It is decoded for reading, and cannot move the terminal. The server is asked by TOP, so most do not mark it as seen.

Examples:
  restante collect peek pops://anna@pop.example.org 12
  restante collect peek anna 12 --lines 100`;

function lineCount(text: string): number {
  const lines = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (lines <= MOST_LINES) return lines;
  throw new InvalidArgumentError(`It must be a whole number up to ${MOST_LINES}.`);
}

function told({ from, to, cc, date, subject, text, attachments }: ShownLetter): string {
  const lines = [
    ['From', from],
    ['To', to],
    ['Cc', cc],
    ['Date', date],
    ['Subject', subject],
    ['With it', attachments.join(', ')],
  ].flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return `${lines.join('\n')}\n\n${text.trimEnd()}\n`;
}
