import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite, test } from 'node:test';
import { Random } from '../testing/oracle/random.ts';
import { deliver, expunge, folder, letterOf, office } from './office.test.kit.ts';
import type { DurableStore } from './store.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Half of a segment may be dead before it is compacted, and one is being written. */
const DEAD_SHARE = 0.5;

suite('months of mail that arrives and is deleted', () => {
  test('disk use follows the letters that are there and the window; the index reuses its pages', async (t) => {
    const [days, each, every] = thorough ? [400, 60, HOUR] : [200, 8, DAY / 2];
    const window = 7 * DAY;
    const segment = 64 * 1024;
    let now = Date.UTC(2026, 0, 1);
    const data = folder(t);
    const store = await office(t, ['takes', 'leaves', 'both'], {
      data,
      now: () => now,
      limits: { undelete: window, ledger: 30 * DAY, segment, inline: 32 * 1024, deadShare: DEAD_SHARE },
    });
    const random = new Random(1);
    /** What was expunged, and when, so long as it may come back. */
    let expunged: readonly (readonly [at: number, octets: number])[] = [];
    const indexes: number[] = [];
    let compacted = 0;
    for (let day = 0; day < days; day += 1) {
      for (let sent = 0; sent < each; sent += 1) {
        const octets = random.oneIn(20) ? 40_000 : 500 + random.below(4_000);
        await deliver(store, random.oneIn(3) ? ['takes', 'both'] : ['takes', 'leaves'], letterOf(octets, `${day}`));
      }
      const taken = [...(await removed(store, 'takes', 0)), ...(await removed(store, 'leaves', 30))];
      taken.push(...(await removed(store, 'both', day % 20 === 19 ? 0 : 1_000)));
      expunged = [...expunged, ...taken.map((octets) => [now, octets] as const)];
      for (const tomorrow = now + DAY; now < tomorrow; now += every) {
        compacted += (await store.maintain()).compacted.segments;
      }
      const since = now - window - every;
      expunged = expunged.filter(([at]) => at >= since);
      const { octets, liveOctets, deadOctets } = await store.status();
      // A letter for two is counted for both here, and stored once.
      const may = octets + expunged.reduce((sum, [, each]) => sum + each, 0);
      const records = 1.1 * may + segment;
      assert.ok(liveOctets <= records, `day ${day}: ${liveOctets} octets are alive, ${may} may be`);
      assert.ok(liveOctets + deadOctets <= records / (1 - DEAD_SHARE) + segment, `day ${day}: ${deadOctets} are dead`);
      indexes.push(pages(join(data, 'index.sqlite')));
    }
    assert.ok(compacted > 0, 'segments were compacted');
    const half = Math.max(...indexes.slice(days / 4, days / 2));
    const end = Math.max(...indexes.slice(-days / 4));
    assert.ok(end <= 1.2 * half, `the index had ${half} pages at most in the second quarter, and ${end} in the last`);
    t.diagnostic(
      `${days} days, ${compacted} segments compacted, index of ${end} pages (${half} in the second quarter)`,
    );

    // Nobody writes any more: after the window only what is there is left.
    now += window + 1;
    await store.maintain();
    const { octets, liveOctets, deadOctets } = await store.status();
    assert.ok(liveOctets <= 1.1 * octets + segment);
    assert.ok(liveOctets + deadOctets <= (1.1 * octets) / (1 - DEAD_SHARE) + 2 * segment);
  });
});

/** Expunges all but the last so many; answers the octets of each. */
async function removed(store: DurableStore, name: string, keep: number): Promise<readonly number[]> {
  const maildrop = store.openMaildrop(name);
  const count = Math.max(0, maildrop.count - keep);
  const octets: number[] = [];
  while (octets.length < count) {
    for (const entry of await maildrop.entries(octets.length + 1, count)) octets.push(entry.octets);
  }
  maildrop.close();
  await expunge(
    store,
    name,
    octets.map((_, index) => index + 1),
  );
  return octets;
}

/** Pages of the index, those in its log and free ones included. */
function pages(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
  } finally {
    database.close();
  }
}
