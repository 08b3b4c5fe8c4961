/** Reads a stream to its end and tells how long it took. */
import { once } from 'node:events';
import { connect } from 'node:net';

const began = performance.now();
const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]) });
socket.resume();
await once(socket, 'end');
process.send?.((performance.now() - began) / 1000, () => process.exit());
