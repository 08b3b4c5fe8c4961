import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { endWithThisProcess } from './running-office.ts';

/** A datagram is a list of assignments; one with a descriptor beside it, which the sender waits for, is closed by python. */
const PROGRAM = `
import socket, sys, json
place = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind("\\0" + place[1:] if place.startswith("@") else place)
if not place.startswith("@"):
    import os
    os.chmod(place, 0o666)
print(json.dumps([]), flush=True)
while True:
    print(json.dumps(end.recv(4096).decode().split("\\n")), flush=True)
`;

/** A service manager's ear: the socket that NOTIFY_SOCKET names (sd_notify(3)), bound by python3, since Node cannot. */
export class NotifySocket {
  readonly place: string;
  readonly heard: (readonly string[])[] = [];
  readonly #child: ChildProcess;
  #news = Promise.withResolvers<void>();

  private constructor(place: string, child: ChildProcess) {
    this.place = place;
    this.#child = child;
  }

  /** At a path, or an abstract name that begins with `@`. */
  static async bind(place: string): Promise<NotifySocket> {
    const child = spawn('python3', ['-c', PROGRAM, place], { stdio: ['ignore', 'pipe', 'inherit'] });
    endWithThisProcess(child);
    const socket = new NotifySocket(place, child);
    const lines = createInterface({ input: child.stdout });
    const bound = once(lines, 'line');
    await bound;
    lines.on('line', (line) => {
      socket.heard.push((JSON.parse(line) as string[]).filter((assignment) => assignment !== ''));
      socket.#news.resolve();
      socket.#news = Promise.withResolvers();
    });
    return socket;
  }

  /** Resolves to all that was said in the first message with this assignment, said already or to come. */
  async message(assignment: string): Promise<readonly string[]> {
    for (;;) {
      const found = this.heard.find((assignments) => assignments.includes(assignment));
      if (found !== undefined) return found;
      await this.#news.promise;
    }
  }

  /** How often this was said. */
  times(assignment: string): number {
    return this.heard.filter((assignments) => assignments.includes(assignment)).length;
  }

  /** Resolves at the next message. */
  next(): Promise<void> {
    return this.#news.promise;
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
