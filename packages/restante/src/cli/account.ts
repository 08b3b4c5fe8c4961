import { Command } from 'commander';
import { addCommand } from './account-add.ts';
import { addressCommand } from './account-address.ts';
import { deviceCommand } from './account-device.ts';
import { listCommand } from './account-list.ts';
import { passwordCommand } from './account-password.ts';
import { policyCommand } from './account-policy.ts';
import { quotaCommand } from './account-quota.ts';
import { removeCommand } from './account-remove.ts';
import { showCommand } from './account-show.ts';
import { disableCommand, enableCommand } from './account-state.ts';

/** `restante account …`: whose mail is kept here. */
export function accountCommand(): Command {
  const command = new Command('account').description('whose mail is kept here').addHelpText('after', EXAMPLES);
  for (const verb of [
    addCommand(),
    listCommand(),
    showCommand(),
    addressCommand(),
    passwordCommand(),
    quotaCommand(),
    policyCommand(),
    deviceCommand(),
    disableCommand(),
    enableCommand(),
    removeCommand(),
  ]) {
    command.addCommand(verb);
  }
  return command;
}

const EXAMPLES = `
Examples:
  restante account add anna --address anna@example.org --generate
  restante account password anna --password-stdin < password-file
  restante account address anna --add chef@example.org
  restante account show anna --json`;
