import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { connect, type Outcome, type Pop3ClientOptions } from '@restante/pop/client';

/** Moves all letters into files: each is marked once its file is on the disk, and gone once that is committed. */
export async function moveLetters(options: Pop3ClientOptions, folder: string): Promise<Outcome> {
  await using pop = await connect(options);
  for await (const letter of pop.letters()) {
    const file = createWriteStream(join(folder, `${randomUUID()}.eml`), { flags: 'wx', flush: true });
    const receipt = await letter.retrieve().stored((it) => pipeline(it.stream(), file));
    await pop.delete(receipt);
  }
  return pop.commit();
}
