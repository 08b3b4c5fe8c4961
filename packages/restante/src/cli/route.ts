import { Command } from 'commander';
import { testCommand } from './route-test.ts';

/** `restante route …`: where addresses lead. */
export function routeCommand(): Command {
  return new Command('route').description('where addresses lead').addCommand(testCommand());
}
