import type { Settings } from '../config/settings.ts';
import { AccountRoutes, type RoutesIndex } from '../delivery/routes.ts';
import { servedDomains } from './served-domains.ts';

/** Where addresses lead, as the settings have it. */
export function accountRoutes(settings: Settings, accounts: RoutesIndex): AccountRoutes {
  const { postmaster, 'addresses.separator': separator } = settings;
  return new AccountRoutes({
    accounts,
    domains: servedDomains(settings),
    ...(postmaster !== undefined && { postmaster }),
    ...(separator !== 'off' && { separator }),
  });
}
