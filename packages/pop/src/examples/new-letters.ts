import { connect, type Pop3ClientOptions } from '@restante/pop/client';

/** The subjects of the letters whose unique-ids are not known yet. All of them are asked for at once. */
export async function newLetters(options: Pop3ClientOptions, known: ReadonlySet<string>): Promise<string[]> {
  await using pop = await connect(options);
  const unique = await pop.uniqueIds();
  const fresh = unique.filter(({ uniqueId }) => uniqueId !== undefined && !known.has(uniqueId));
  const headers = await Promise.all(fresh.map(({ number }) => pop.top(number, 0)));
  return headers.map((header) => /^Subject: (.*)$/m.exec(header.toString('latin1'))?.[1]?.trim() ?? '');
}
