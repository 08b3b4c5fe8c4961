import { StringDecoder } from 'node:string_decoder';
import { Interrupted } from './exit-code.ts';

/** Whether there is somebody to ask. */
export function interactive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a line that does not show while it is typed. */
export function askSecret(question: string): Promise<string> {
  return ask(question, false);
}

/** Asks yes or no; anything but a clear yes is no. */
export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `, true)).trim());
}

/** Reads one line from the terminal in raw mode, so that nothing but ourselves ever echoes it. */
function ask(question: string, echo: boolean): Promise<string> {
  const { stdin, stderr } = process;
  // First: what is typed as soon as the question shows would be echoed by the terminal itself.
  stdin.setRawMode(true);
  stderr.write(question);
  const decoder = new StringDecoder('utf8');
  let typed: string[] = [];
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void): void => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const take = (octets: Buffer): void => {
      for (const character of decoder.write(octets)) {
        if (character === '\r' || character === '\n') {
          end(() => resolve(typed.join('')));
          return;
        }
        if (character === '\u0003' || character === '\u0004') {
          end(() => reject(new Interrupted()));
          return;
        }
        if (character === '\u007f' || character === '\b') {
          if (typed.pop() !== undefined && echo) stderr.write('\b \b');
        } else if (character === '\u0015') {
          if (echo) stderr.write('\b \b'.repeat(typed.length));
          typed = [];
        } else {
          typed.push(character);
          if (echo) stderr.write(character);
        }
      }
    };
    stdin.on('data', take);
    stdin.resume();
  });
}
