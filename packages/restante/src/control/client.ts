import { connect, type Socket } from 'node:net';
import { Failure } from '../failure.ts';
import type { Office } from '../office.ts';
import { type Answer, controlSocket, QUESTION_LIMIT, QUESTIONS, type Verb } from './protocol.ts';
import { withShortPath } from './short-path.ts';

/** An office that is open, spoken to over its control socket. */
export interface OpenOffice extends Office {
  close(): Promise<void>;
}

/** Connects to the office that is open on this data folder; undefined when none is. */
export async function connectOffice(data: string): Promise<OpenOffice | undefined> {
  const socket = await connectTo(controlSocket(data));
  if (socket === undefined) return undefined;
  const ask = asker(socket);
  const methods = Object.keys(QUESTIONS).map((verb) => [verb, (request: unknown) => ask(verb as Verb, request)]);
  const close = async (): Promise<void> => void socket.destroy();
  return { ...Object.fromEntries(methods), close } as OpenOffice;
}

function connectTo(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = withShortPath(path, (short) => connect(short));
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // No socket, or one that a killed office has left behind.
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') resolve(undefined);
      else if (error.code === 'EACCES')
        reject(new Failure(`${path} belongs to somebody else: be the user that runs the office`));
      else reject(error);
    });
  });
}

/** Asks one thing after another. */
function asker(socket: Socket): (verb: Verb, request: unknown) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (verb, request) => {
    const answer = last.then(() => askOne(socket, verb, request));
    last = answer.catch(() => {});
    return answer;
  };
}

function askOne(socket: Socket, verb: Verb, request: unknown): Promise<unknown> {
  const question = JSON.stringify({ ask: verb, with: request });
  if (Buffer.byteLength(question) > QUESTION_LIMIT)
    return Promise.reject(new Failure('that is more than can be asked at once'));
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const lost = (): void => done(() => reject(new Failure('the office closed before it answered: ask again')));
    const take = (octets: Buffer): void => {
      const end = octets.indexOf('\n');
      pieces.push(end === -1 ? octets : octets.subarray(0, end));
      if (end === -1) return;
      const answer = JSON.parse(Buffer.concat(pieces).toString('utf8')) as Answer;
      done(() => (answer.type === 'done' ? resolve(answer.value) : reject(new Failure(answer.message))));
    };
    const done = (settle: () => void): void => {
      socket.off('data', take).off('close', lost).off('error', lost);
      settle();
    };
    socket.on('data', take).once('close', lost).once('error', lost);
    if (socket.destroyed) lost();
    else socket.write(`${question}\n`);
  });
}
