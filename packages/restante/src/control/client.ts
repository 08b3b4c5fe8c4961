import { connect, type Socket } from 'node:net';
import { Failure } from '../failure.ts';
import type { LetterDesk } from '../import/letter-desk.ts';
import type { Office } from '../office/office.ts';
import { type Answer, controlSocket, QUESTION_LIMIT, QUESTIONS, type StreamVerb, type Verb } from './protocol.ts';
import { RemoteIntake } from './remote-intake.ts';
import { RemoteOutgoing } from './remote-outgoing.ts';
import { withShortPath } from './short-path.ts';

/** An office that is open, spoken to over its control socket. */
export interface OpenOffice extends Office, LetterDesk {
  close(): Promise<void>;
}

/** Connects to the office that is open on this data folder; undefined when none is. */
export async function connectOffice(data: string): Promise<OpenOffice | undefined> {
  const socket = await connectTo(controlSocket(data));
  if (socket === undefined) return undefined;
  const ask = asker(socket);
  const methods = Object.keys(QUESTIONS).map((verb) => [verb, (request: unknown) => ask(verb as Verb, request)]);
  const close = async (): Promise<void> => void socket.destroy();
  return { ...Object.fromEntries(methods), ...remoteDesk(data), close } as OpenOffice;
}

/** Each way for letters is a connection of its own. */
function remoteDesk(data: string): LetterDesk {
  return {
    openIntake: async (request) => {
      const { socket, early } = await openStream(data, 'import', request);
      return new RemoteIntake(socket, early);
    },
    openOutgoing: async (request) => {
      const { socket, early, value } = await openStream(data, 'export', request);
      return new RemoteOutgoing(socket, early, value as { readonly count: number; readonly octets: number });
    },
  };
}

/** What `early` holds came right behind the answer. */
async function openStream(
  data: string,
  verb: StreamVerb,
  request: unknown,
): Promise<{ readonly socket: Socket; readonly value: unknown; readonly early: Buffer }> {
  const socket = await connectTo(controlSocket(data));
  if (socket === undefined) throw new Failure('the office closed in the meantime: repeat it');
  try {
    return { socket, ...(await askOne(socket, verb, request)) };
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
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
    const answer = last.then(async () => (await askOne(socket, verb, request)).value);
    last = answer.catch(() => {});
    return answer;
  };
}

function askOne(
  socket: Socket,
  verb: Verb | StreamVerb,
  request: unknown,
): Promise<{ readonly value: unknown; readonly early: Buffer }> {
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
      const early = octets.subarray(end + 1);
      done(() =>
        answer.type === 'done' ? resolve({ value: answer.value, early }) : reject(new Failure(answer.message)),
      );
    };
    const done = (settle: () => void): void => {
      socket.pause().off('data', take).off('close', lost).off('error', lost);
      settle();
    };
    socket.on('data', take).once('close', lost).once('error', lost).resume();
    if (socket.destroyed) lost();
    else socket.write(`${question}\n`);
  });
}
