import { readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { examineAddresses, examineHolders } from './addresses.ts';
import { examineCertificates } from './certificates.ts';
import { examineClock } from './clock.ts';
import { type ConfigurationRead, examineConfiguration } from './configuration.ts';
import { examineDisk } from './disk.ts';
import { error, type Finding } from './finding.ts';
import { examineNode } from './node.ts';
import { examineOffice } from './office.ts';
import { examineRights } from './rights.ts';
import { examineRoutes } from './routes.ts';
import { examineStore } from './store.ts';

/** Everything that is looked at, in this order. */
export type Subject =
  | 'program'
  | 'configuration'
  | 'office'
  | 'certificates'
  | 'addresses'
  | 'rights'
  | 'disk'
  | 'clock'
  | 'store'
  | 'routes';

/** What was found about one subject. */
export interface Report {
  readonly subject: Subject;
  readonly findings: readonly Finding[];
}

export interface Patient {
  readonly data: string;
  readonly configuration: ConfigurationRead;
  /** Absent when the configuration is wrong: then what depends on it is not looked at. */
  readonly settings: Settings | undefined;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** Looks at an office, open or closed or not yet there, and changes nothing. */
export async function examine({
  data,
  configuration,
  settings,
  now = Date.now(),
}: Patient): Promise<readonly Report[]> {
  const reports: Report[] = [];
  const look = async (
    subject: Subject,
    work: () => readonly Finding[] | Promise<readonly Finding[]>,
  ): Promise<void> => {
    try {
      reports.push({ subject, findings: await work() });
    } catch (thrown) {
      // One thing that cannot be looked at must not hide all the others.
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      reports.push({
        subject,
        findings: [error(`this could not be looked at: ${why}`, 'be the user that runs the office')],
      });
    }
  };
  const usual = settings ?? defaults();

  await look('program', examineNode);
  await look('configuration', () => examineConfiguration(configuration, usual, now));
  let office: Awaited<ReturnType<typeof examineOffice>> | undefined;
  await look('office', async () => {
    office = await examineOffice(data);
    return office.findings;
  });
  if (settings !== undefined) {
    await look('certificates', () => examineCertificates({ data, settings, now }));
    await look('addresses', async () => {
      const wrong = await examineAddresses(settings);
      return wrong.length > 0 ? wrong : examineHolders(settings, office?.pid);
    });
  }
  await look('rights', () => examineRights(data));
  await look('disk', () => examineDisk(data, usual));
  await look('clock', () => examineClock(data, now));
  let index: ReturnType<typeof examineStore>['index'];
  await look('store', () => {
    const examined = examineStore(data, office?.open === true);
    index = examined.index;
    return examined.findings;
  });
  if (index !== undefined) {
    const opened = index;
    if (settings !== undefined) await look('routes', () => examineRoutes(opened, settings));
    opened.close();
  }
  return reports;
}

function defaults(): Settings {
  const read = readSettings({ folder: '/' });
  if (read.type === 'wrong') throw new Error('the defaults are no configuration');
  return read.settings;
}
