import { LmtpClient, type MailReply } from '../lmtp-client.ts';
import { stuffed } from '../octet-reader.ts';
import { lmtpDoor } from '../office.ts';
import type { SentLetter } from '../oracle/letter.ts';
import { SmtpClient } from '../smtp-client.ts';
import type { Town } from './town.ts';

/** Mail by LMTP over connections that take some letters each; one in thirty is broken off in the middle of a letter. */
export async function sendByLmtp(town: Town): Promise<void> {
  const lmtp = await LmtpClient.connect(lmtpDoor(town.office));
  for (let left = town.random.below(12); left >= 0 && !town.over; left -= 1) {
    const letter = town.letter();
    const to = recipients(town);
    for (const maildrop of to) town.record({ type: 'sending', maildrop, letter: letter.name, sha256: letter.sha256 });
    await lmtp.begin('sender@example.org', to);
    if (town.random.oneIn(30)) return breakOff(town, lmtp, letter, to);
    await lmtp.write(stuffed(letter.content));
    let index = 0;
    for await (const reply of lmtp.answers(to.length)) {
      note(town, letter, [to[index] ?? ''], reply);
      index += 1;
    }
    town.count('letters by LMTP');
  }
  await lmtp.quit();
}

/** Mail by SMTP, half of it in chunks and some behind STARTTLS. All recipients have the letter, or none has it. */
export async function sendBySmtp(town: Town): Promise<void> {
  const secure = town.random.oneIn(4);
  const ca = secure ? { ca: town.certificates.join('\n') } : {};
  const smtp = await SmtpClient.connect(town.office.smtp, ca);
  for (let left = town.random.below(4); left >= 0 && !town.over; left -= 1) {
    const letter = town.letter();
    const to = recipients(town);
    for (const maildrop of to) {
      town.record({ type: 'sending', maildrop, letter: letter.name, sha256: letter.sha256, group: to });
    }
    const whole = [{ from: 'sender@example.org', to, octets: letter.content }];
    const [outcome] = await (town.random.oneIn(2) ? smtp.sendAllInChunks(whole, 20_000) : smtp.sendAll(whole));
    if (outcome) note(town, letter, to, outcome.letter);
    town.count('letters by SMTP');
  }
  await smtp.quit();
}

function recipients({ random, residents }: Town): readonly string[] {
  const first = random.below(residents.length);
  return residents.filter((_, index) => index === first || random.oneIn(12)).map(({ name }) => name);
}

/** A letter that was not sent whole comes to nobody (SM-33). */
async function breakOff(
  town: Town,
  lmtp: LmtpClient,
  { name, content }: SentLetter,
  to: readonly string[],
): Promise<void> {
  await lmtp.write(content.subarray(0, town.random.below(content.length)));
  await lmtp.drop();
  for (const maildrop of to) town.record({ type: 'refused', maildrop, letter: name });
  town.count('letters broken off');
}

function note(town: Town, { name }: SentLetter, to: readonly string[], { code, text }: MailReply): void {
  if (code !== 250) throw new Error(`a letter to ${to.join()} was refused: ${code} ${text}`);
  const [, uniqueId] = /kept as (\S+)$/u.exec(text) ?? [];
  for (const maildrop of to) {
    const known = uniqueId === undefined || to.length > 1 ? {} : { uniqueId };
    town.record({ type: 'accepted', maildrop, letter: name, ...known });
  }
}
