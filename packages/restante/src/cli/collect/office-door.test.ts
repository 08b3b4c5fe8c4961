import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenOffice } from '../../control/client.ts';
import type { Intake } from '../../import/intake.ts';
import { OfficeDoor } from './office-door.ts';

/** An office that writes down how it is reached, and can be reached by one at a time. */
function trialOffice() {
  const dialogue: string[] = [];
  let reached = false;
  let refuse = false;
  const intake = (name: string) => ({ close: async () => void dialogue.push(`close ${name}`) }) as unknown as Intake;
  const reach = async (): Promise<OpenOffice> => {
    if (refuse) throw new Error('not there');
    assert.ok(!reached, 'a store that is closed can be opened once only');
    reached = true;
    dialogue.push('reach');
    return {
      showAccount: async ({ name }: { name: string }) => {
        if (name === 'nobody') throw new Error('there is no account nobody');
        return { name, state: name === 'away' ? 'disabled' : 'enabled' };
      },
      openIntake: async ({ name }: { name: string }) => intake(name),
      testRoute: async ({ address }: { address: string }) => ({ result: 'maildrops', accounts: [address] }),
      close: async () => {
        await Promise.resolve();
        reached = false;
        dialogue.push('leave');
      },
    } as unknown as OpenOffice;
  };
  return { dialogue, door: new OfficeDoor(reach), refuse: (now: boolean) => (refuse = now) };
}

test('however many are at it, the office is reached once, and left when the last of them goes', async () => {
  const { dialogue, door } = trialOffice();
  const [anna, bert] = await Promise.all([door.openIntake('anna'), door.openIntake('bert')]);
  await anna?.close();
  await anna?.close();
  assert.deepEqual(await door.findRoute('x'), { result: 'maildrops', accounts: ['x'] });
  assert.deepEqual(dialogue, ['reach', 'close anna']);
  await bert?.close();
  assert.deepEqual(dialogue, ['reach', 'close anna', 'close bert', 'leave']);
});

test('who comes while it is being left waits for that', async () => {
  const { dialogue, door } = trialOffice();
  const anna = await door.openIntake('anna');
  const [, bert] = await Promise.all([anna.close(), door.openIntake('bert')]);
  await bert.close();
  assert.equal(dialogue.filter((said) => said === 'reach').length, dialogue.filter((said) => said === 'leave').length);
});

test('what fails leaves nothing open', async () => {
  const { dialogue, door, refuse } = trialOffice();
  await assert.rejects(door.openIntake('nobody'), /no account nobody/);
  assert.deepEqual(dialogue.splice(0), ['reach', 'leave']);
  await assert.rejects(door.openIntake('away'), /the account away is disabled: restante account enable away/);
  assert.deepEqual(dialogue, ['reach', 'leave']);
  refuse(true);
  await assert.rejects(door.openIntake('anna'), /not there/);
  refuse(false);
  await (await door.openIntake('anna')).close();
  assert.deepEqual(dialogue, ['reach', 'leave', 'reach', 'close anna', 'leave']);
});
