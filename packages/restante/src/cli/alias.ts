import { Command } from 'commander';
import { addCommand } from './alias-add.ts';
import { listCommand } from './alias-list.ts';
import { removeCommand } from './alias-remove.ts';

/** `restante alias …`: addresses that lead to accounts. */
export function aliasCommand(): Command {
  const command = new Command('alias').description('addresses that lead to accounts').addHelpText('after', EXAMPLES);
  for (const verb of [addCommand(), removeCommand(), listCommand()]) command.addCommand(verb);
  return command;
}

const EXAMPLES = `
@DOMAIN is the catch-all of a domain: it takes the mail for every address there that leads nowhere else.

Examples:
  restante alias add info@example.org anna         info@example.org leads to anna
  restante alias add info@example.org bert         and to bert too
  restante alias add @example.org anna             whatever leads nowhere else at example.org leads to anna
  restante alias remove info@example.org bert      now to anna alone`;
