import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { StoreError } from '@restante/pop/maildrop';
import { openWriteConnection } from '../index/sqlite/connection.ts';
import { isDamagedLog, readLog } from '../index/sqlite/log.ts';
import { indexWrites } from '../index/sqlite/writes.ts';
import { type DataFolder, dataFolder, segmentNumbers } from '../letters/segments/folder.ts';
import { sweep } from '../letters/segments/sweep.ts';
import { failureOf, isDamage, isFull } from './failure.ts';
import {
  DELAY_RESOLUTION,
  type EventLoopDelay,
  type Order,
  type OrderOf,
  type Report,
  type WriterData,
} from './orders.ts';
import { giveUp } from './room.ts';
import { Writer } from './writer.ts';

/** Held here for as long as the thread lives: what nobody refers to any more stops counting. */
let watched: EventLoopDelay | undefined;

/** How late the thread's event loop is, measured every so many milliseconds. */
function watchDelay(): EventLoopDelay {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION });
  delay.enable();
  return delay;
}

/** The writer's thread: opens the index, sweeps, and then works in rounds for as long as anything waits. */
function main(): void {
  const port = parentPort;
  if (!port) throw new Error('the writer runs as a worker thread');
  const started = workerData as WriterData;
  const report = (said: Report): void => port.postMessage(said);
  try {
    const data = dataFolder(started.data);
    const database = openIndex(data);
    const index = indexWrites(database);
    const { removed, tail, damaged, last } = sweep(data, index.segments, index.contents);
    const writer = new Writer(data, index, last, started, report);
    const work = (orders: readonly Order[]): void => {
      const closing = workOff(port, writer, orders);
      if (!closing) return;
      writer.close();
      database.close();
      report({ type: 'answers', answers: [{ type: 'done', id: closing.id, result: undefined }] });
      port.close();
    };
    port.on('message', work);
    if (started.watchDelay) watched = watchDelay();
    report({ type: 'ready', swept: { removed, tail, damaged }, ...(watched && { delay: watched }) });
    if (!writer.idle) setImmediate(work, []);
  } catch (error) {
    report({ type: 'refused', failure: failureOf(error) });
    port.close();
  }
}

/** Works until nothing waits any more, neither here nor on the line. Answers the order to close, if it came. */
function workOff(port: MessagePort, writer: Writer, first: readonly Order[]): OrderOf<'close'> | undefined {
  let closing: OrderOf<'close'> | undefined;
  let orders: readonly Order[] | undefined = first;
  do {
    for (; orders; orders = receiveMessageOnPort(port)?.message as readonly Order[] | undefined) {
      for (const order of orders) {
        if (order.type === 'close') closing = order;
        else writer.take(order);
      }
    }
    if (!writer.idle) writer.round();
    orders = receiveMessageOnPort(port)?.message as readonly Order[] | undefined;
  } while (orders || !writer.idle);
  return closing;
}

/** On a disk that is full to the last octet the index can be opened only in the place of the reserve file. */
function openIndex(data: DataFolder): DatabaseSync {
  const open = () => openWriteConnection(data.index, () => refuseLostIndex(data));
  refuseDamagedLog(data.index);
  try {
    return open();
  } catch (error) {
    if (isDamage(error)) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StoreError('permanent', `${data.index} is damaged (${why}): restore a backup into another data folder`);
    }
    if (!isFull(error)) throw error;
    if (giveUp(data)) return open();
    throw new StoreError('no-room', `the disk of ${data.root} is full, and the index cannot be opened: make room`);
  }
}

/** SQLite would drop what lies behind the damage without a word, and the sweep would remove the letters that only that names. */
function refuseDamagedLog(index: string): void {
  const log = readLog(index);
  if (log === undefined || !isDamagedLog(log)) return;
  throw new StoreError(
    'permanent',
    `${index}-wal is damaged: ${log.behind} transactions in it cannot be read; restore a backup into another data folder, or save what they brought and go on without them: restante repair --salvage DIR`,
  );
}

/**
 * An index that is gone, or has lost its log before anything of that was moved to it, must not be taken for a new
 * office's: the sweep would remove every letter.
 */
function refuseLostIndex(data: DataFolder): void {
  const segments = segmentNumbers(data).length;
  if (segments === 0) return;
  throw new StoreError(
    'permanent',
    `${data.root} has ${segments} segments of letters and no index: restore a backup into another data folder`,
  );
}

main();
