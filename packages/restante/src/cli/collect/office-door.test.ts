import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenOffice } from '../../control/client.ts';
import { Failure } from '../../failure.ts';
import { OfficeDoor } from './office-door.ts';

/** An office that says when it is reached and let go of. */
class Elsewhere {
  readonly log: string[] = [];
  now = 0;
  gone = false;
  readonly door = new OfficeDoor(
    async () => this.#office(),
    () => this.now,
  );

  #office(): OpenOffice {
    this.gone = false;
    this.log.push('reached');
    const ask = (answer: unknown) => async () => {
      if (this.gone) throw new Failure('the office closed before it answered: ask again');
      return answer;
    };
    return {
      showAccount: ask({ name: 'anna', state: 'enabled' }),
      testRoute: ask({ result: 'maildrops', accounts: ['anna'] }),
      openIntake: ask({ close: async () => undefined }),
      close: async () => {
        this.log.push('left');
      },
    } as unknown as OpenOffice;
  }
}

test('the office is reached once for all who are at it at a time, and let go of with the last', async () => {
  const { door, log } = new Elsewhere();
  const [one, other] = await Promise.all([door.openIntake('anna'), door.openIntake('anna')]);
  await door.findRoute('anna');
  assert.deepEqual(log, ['reached']);
  await one.close();
  await one.close();
  assert.deepEqual(log, ['reached']);
  await other.close();
  assert.deepEqual(log, ['reached', 'left']);
  await door.findRoute('anna');
  assert.deepEqual(log, ['reached', 'left', 'reached', 'left']);
});

test('when it has been held for long, whoever comes waits until it is let go of: an office can open in between', async () => {
  const there = new Elsewhere();
  const first = await there.door.openIntake('anna');
  there.now = 5_000;
  const second = there.door.openIntake('anna');
  await new Promise(setImmediate);
  assert.deepEqual(there.log, ['reached']);
  await first.close();
  await (await second).close();
  assert.deepEqual(there.log, ['reached', 'left', 'reached', 'left']);
});

test('an office that has closed is reached anew, as soon as nobody holds what is left of it', async () => {
  const there = new Elsewhere();
  const first = await there.door.openIntake('anna');
  there.gone = true;
  await assert.rejects(there.door.openIntake('anna'), { name: 'Failure' });
  const next = there.door.findRoute('anna');
  await first.close();
  assert.equal((await next).result, 'maildrops');
  assert.deepEqual(there.log, ['reached', 'left', 'reached', 'left']);
});
