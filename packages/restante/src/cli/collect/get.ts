import { once } from 'node:events';
import { link, lstat, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageNumber, type Retrieval } from '@restante/pop/client';
import { Command } from 'commander';
import { Failure, reasonOf } from '../../failure.ts';
import { printJson, say } from '../output.ts';
import { placesOf } from '../places.ts';
import { optionsBelow, withServerOptions } from './options.ts';
import { letterNumber, lookAt, oneAccount } from './session.ts';

/** `restante collect get URL|NAME N`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('fetch one letter, octet for octet')
    .argument('<url|name>', 'a POP URL, or the name of an account in the configuration')
    .argument('<n>', 'the message-number, as list shows it')
    .option('--output <file>', 'where it goes: a file that is not there yet (default: standard output)');
  return withServerOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (word: string, wanted: string, _options: object, self: Command) => {
      const options = optionsBelow(self);
      const places = placesOf(self);
      const number = messageNumber(letterNumber(wanted));
      const chosen = await oneAccount(places, word, options);
      const output = typeof options['output'] === 'string' ? resolve(options['output']) : undefined;
      const came = await lookAt(chosen, async (pop) => {
        const retrieval = pop.retrieve(number);
        await (output === undefined ? toStandardOutput(retrieval) : toFile(retrieval, output));
        return retrieval.done;
      });
      if (output === undefined) return;
      if (places.json) printJson({ number, octets: came.octets, sha256: came.sha256, file: output });
      else say(`${came.octets.toLocaleString('en-US')} octets, SHA-256 ${came.sha256}`);
    });
}

const EXAMPLES = `
Lines end with CRLF, as they came. A file is there whole or not at all. The letter stays at the server, and the journal knows
nothing of it.

Examples:
  restante collect get pops://anna@pop.example.org 12 > letter.eml
  restante collect get anna 12 --output letter.eml`;

async function toStandardOutput(retrieval: Retrieval): Promise<void> {
  for await (const octets of retrieval) {
    if (!process.stdout.write(octets)) await once(process.stdout, 'drain');
  }
}

async function toFile(retrieval: Retrieval, path: string): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    await refuseExisting(path);
    const file = await open(draft, 'wx', 0o600);
    try {
      for await (const octets of retrieval) await file.writeFile(octets);
      await retrieval.done;
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename it never takes the place of what has come there in the meantime.
    await link(draft, path);
    await rm(draft);
    const folder = await open(dirname(path), 'r');
    await folder.sync();
    await folder.close();
  } catch (thrown) {
    retrieval.leave();
    await rm(draft, { force: true });
    if (thrown instanceof Error && 'syscall' in thrown)
      throw new Failure(`${path} cannot be written: ${reasonOf(thrown)}`);
    throw thrown;
  }
}

/** What is there may be somebody's only copy. */
async function refuseExisting(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined) throw new Failure(`${path} is there already: name another with --output FILE`);
}
