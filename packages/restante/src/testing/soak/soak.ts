import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeSelfSigned } from '../../tls/self-signed.ts';
import { recogniseLetter } from '../oracle/letter.ts';
import type { FoundMaildrop, FoundPlacement, Violation } from '../oracle/promises.ts';
import { Random } from '../oracle/random.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { call, stay } from './callers.ts';
import { errorLines, judgeUse, type Verdict } from './judge.ts';
import { Operator } from './operator.ts';
import { type Sample, takeSample } from './sample.ts';
import { sendByLmtp, sendBySmtp } from './senders.ts';
import { PASSWORD, type Resident, Town } from './town.ts';

export interface SoakOptions {
  /** How long clients come, in seconds. */
  readonly seconds: number;
  readonly seed: number;
  /** Seconds between two looks at what the office uses. */
  readonly every: number;
  /** Told of each look. */
  readonly onSample?: (sample: Sample) => void;
}

export interface SoakReport {
  readonly seconds: number;
  readonly seed: number;
  readonly samples: readonly Sample[];
  /** How often each thing was done. */
  readonly happened: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  readonly errors: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly sound: boolean;
}

/** What is expunged can be brought back for so long: a short run has to see the end of it too. */
const CONFIG = 'log.format = "json"\nlog.level = "warn"\nundelete.window = "1 min"\n';
/** How long clients that have gone may be sessions yet: far longer than any machine is slow. */
const PATIENCE = 30_000;

/** Mixed traffic against an office in a process of its own, and a judgement of what it did and used. */
export async function soak({ seconds, seed, every, onSample }: SoakOptions): Promise<SoakReport> {
  const data = temporaryFolder();
  const files = { cert: join(data, 'cert.pem'), key: join(data, 'key.pem') };
  await makeSelfSigned(files, 'post.example');
  const config = `${CONFIG}tls.cert = "${files.cert}"\ntls.key = "${files.key}"\n`;
  const office = await RunningOffice.start({ data, config, more: ['--metrics', '127.0.0.1:0'] });
  const town = new Town(office, new Random(seed), residents(), [readFileSync(files.cert, 'utf8')]);
  try {
    for (const { name } of town.residents) await office.addAccount(name, PASSWORD);
    const began = performance.now();
    const look = () => takeSample(office, (performance.now() - began) / 1_000);
    const before = await look();
    const samples = [before];
    const operator = new Operator(town, files);
    await operator.prepare();
    const looking = town.repeat(1, async () => {
      await town.linger(every * 1_000);
      const sample = await look();
      samples.push(sample);
      onSample?.(sample);
    });
    const over = wait(seconds * 1_000).then(() => town.end());
    await allOrNone(town, [
      over,
      looking,
      ...times(2, () => town.repeat(150, () => sendByLmtp(town))),
      town.repeat(300, () => sendBySmtp(town)),
      ...times(4, () => town.repeat(250, () => call(town))),
      ...times(6, () => town.repeat(50, () => stay(town))),
      town.repeat(8_000, () => operator.round()),
    ]);
    if (seconds < 60) await operator.renew();
    const after = await settled(look);
    const found = await Promise.all(town.residents.map(({ name }) => mailboxOf(town, name)));
    const violations = town.promises.verify(found);
    await office.verb(['purge', '--now', '--yes']);
    const cleaned = await look();
    const live = found.reduce((sum, { octets }) => sum + octets, 0);
    const verified = await office.verb(['verify']);
    const errors = [...errorLines(office.log), ...(verified.status === 0 ? [] : [verified.stdout + verified.stderr])];
    await office.stop().catch((error: unknown) => errors.push(String(error)));
    const verdicts = judgeUse({ samples, before, after, cleaned, live });
    const sound = violations.length === 0 && errors.length === 0 && verdicts.every(({ holds }) => holds);
    return { seconds, seed, samples, happened: Object.fromEntries(town.happened), violations, errors, verdicts, sound };
  } finally {
    town.end();
    await office.stop().catch(() => undefined);
    rmSync(data, { recursive: true, force: true });
  }
}

function residents(): readonly Resident[] {
  return times(8, (index) => ({ name: `resident${index}`, leaves: index % 3 === 0 }));
}

/** If one of them fails, the others stop, and the run with them. */
async function allOrNone(town: Town, work: readonly Promise<void>[]): Promise<void> {
  for (const each of work) each.catch(() => town.end());
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** The first look at which no session is open any more. */
async function settled(look: () => Promise<Sample>): Promise<Sample> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const sample = await look();
    if (sample.sessions === 0 || performance.now() > until) return sample;
    await wait(100);
  }
}

/** All that a resident's mailbox holds, as a session finds it. */
export async function mailboxOf(town: Town, maildrop: string): Promise<FoundMaildrop> {
  const client = await town.open('plain', maildrop);
  const { count, octets } = await client.stat();
  const listing = await client.uniqueIds();
  const replies = client.pipelined([...listing.keys()].map((number) => `RETR ${number}`));
  const letters: FoundPlacement[] = [];
  for (const uniqueId of listing.values()) {
    const whole = (await replies.next()).value?.octets ?? Buffer.alloc(0);
    letters.push({ uniqueId, octets: whole.length, letter: recogniseLetter(whole) });
  }
  await client.quit();
  return { maildrop, count, octets, letters };
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
