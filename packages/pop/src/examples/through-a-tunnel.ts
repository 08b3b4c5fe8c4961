import { once } from 'node:events';
import { createConnection } from 'node:net';
import { connect, type Pop3Client, type Pop3ClientOptions } from '@restante/pop/client';

/** Over any stream: here through a proxy that speaks HTTP CONNECT. TLS is still with the server, and its name is verified. */
export async function throughATunnel(
  proxy: { readonly host: string; readonly port: number },
  options: Pop3ClientOptions & { readonly port: number },
): Promise<Pop3Client> {
  const socket = createConnection(proxy);
  socket.write(`CONNECT ${options.host}:${options.port} HTTP/1.1\r\nHost: ${options.host}:${options.port}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!/^HTTP\/1\.[01] 200 /.test(answer.toString('latin1'))) throw new Error('the proxy refuses');
  // What stands behind the proxy's answer is the server's.
  socket.pause();
  socket.unshift(answer.subarray(answer.indexOf('\r\n\r\n') + 4));
  return connect({ ...options, socket });
}
