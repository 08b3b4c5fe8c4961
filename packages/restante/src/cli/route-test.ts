import { Command } from 'commander';
import type { Rule, Step } from '../delivery/routes.ts';
import type { RouteView } from '../office/route.ts';
import { atOffice } from './at-office.ts';
import { Ended, EXIT } from './exit-code.ts';
import { print, printJson } from './output.ts';
import { placesOf } from './places.ts';
import { facts, table } from './table.ts';

/** `restante route test ADDRESS`. */
export function testCommand(): Command {
  return new Command('test')
    .description('say where a letter for an address would go, and why')
    .argument('<address>', 'as a sender would give it: NAME@DOMAIN, or NAME alone')
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const route = await atOffice(places, {}, (office) => office.testRoute({ address }));
      if (places.json) printJson(route);
      else print(told(route));
      if (route.result !== 'maildrops') throw new Ended(EXIT.no);
    });
}

const EXAMPLES = `
Nothing is sent. The exit status is 0 when a letter would be taken, 4 when it would not.

Examples:
  restante route test info@example.org
  restante route test anna+news@example.org --json`;

/** All of it, for people: what was looked at, what came of it, and what a sender hears. */
function told(route: RouteView): string {
  const steps = route.steps.map((step, index) => [`${index + 1}.`, ...row(step)]);
  const pairs: [string, string][] = [
    ['address', route.address],
    ['goes to', verdict(route)],
    ...because(route),
    ['reply', route.reply],
  ];
  if (route.near.length > 0) pairs.push(['perhaps', route.near.join('  ')]);
  if (route.served !== undefined) pairs.push(['served', route.served.join('  ')]);
  return `${facts(pairs)}${steps.length === 0 ? '' : `\n${table(['', 'RULE', 'LOOKED FOR', 'FOUND'], steps)}`}`;
}

function verdict(route: RouteView): string {
  switch (route.result) {
    case 'maildrops':
      return route.accounts.join(' ');
    case 'disabled':
      return 'nobody: disabled';
    case 'unknown-user':
      return 'nobody: no rule leads to anyone';
    case 'not-served':
      return 'nobody: mail for that domain is not taken here';
    case 'unavailable':
      return `nobody now: ${route.reason}`;
  }
}

/** The rule that led to somebody, enabled or not: the last step. */
function because({ steps, result }: RouteView): [string, string][] {
  const last = steps.at(-1);
  if (last === undefined || !('rule' in last) || (result !== 'maildrops' && result !== 'disabled')) return [];
  const { rule, key, tag } = last;
  const what = key === '' ? 'by default postmaster is the first account' : `${MEANING[rule]} ${key}`;
  return [['because', tag === undefined ? what : `${what}, and ${JSON.stringify(tag)} is a tag`]];
}

const MEANING: Readonly<Record<Rule, string>> = {
  address: 'an account has as its own the address',
  alias: 'there is the alias',
  name: 'there is the account',
  postmaster: '`postmaster` names the account',
  'catch-all': 'nothing else does, and there is the catch-all',
};

const SERVED_BY = {
  domains: 'served: it is one of `domains`',
  addresses: 'served, for the addresses in it that were given to somebody',
  nothing: 'not served',
} as const;

function row(step: Step): readonly [rule: string, key: string, found: string] {
  if (!('rule' in step)) return ['domain', step.domain, SERVED_BY[step.servedBy]];
  const rule = step.tag === undefined ? step.rule : `${step.rule}, less the tag ${JSON.stringify(step.tag)}`;
  const key = step.key === '' ? 'the first account' : step.key;
  const accounts = step.accounts.map(({ name, disabled }) => (disabled ? `${name} (disabled)` : name));
  return [rule, key, accounts.length === 0 ? '-' : accounts.join(' ')];
}
