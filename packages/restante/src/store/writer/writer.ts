import { StoreError } from '@restante/pop/maildrop';
import { AccountExists, NoAccount } from '../../accounts/account.ts';
import { type FaultStep, Faults } from '../faults.ts';
import { inTransaction, totalChanges } from '../index/sqlite/connection.ts';
import type { IndexWrites } from '../index/sqlite/writes.ts';
import { Pages } from '../letters/pages.ts';
import { Appender, type LetterRecord } from '../letters/segments/appender.ts';
import { type DataFolder, removeSegment } from '../letters/segments/folder.ts';
import { recordOctets } from '../letters/segments/record.ts';
import { Admission } from './admission.ts';
import { Batch } from './batch.ts';
import { failureOf, isFull } from './failure.ts';
import { ImportsOfBatch } from './imports.ts';
import type { Answer, Order, OrderOf, Report, WriterData } from './orders.ts';
import { Pace } from './pace.ts';
import { Quotas } from './quotas.ts';
import { Room } from './room.ts';
import { Round } from './round.ts';
import { AccountTask, RemoveTask } from './tasks/accounts.ts';
import { AliasTask } from './tasks/aliases.ts';
import { CompactTask } from './tasks/compact.ts';
import { DeviceTask } from './tasks/devices.ts';
import { ExpungeTask } from './tasks/expunge.ts';
import { FetchedTask } from './tasks/fetched.ts';
import { CountPollsTask, ForgetLedgerTask, RecordTask } from './tasks/ledger.ts';
import { ListIdsTask } from './tasks/list-ids.ts';
import { PurgeTask } from './tasks/purge.ts';
import { type Task, taskSteps } from './tasks/task.ts';
import { UndeleteTask } from './tasks/undelete.ts';

/** Rows that a round's tasks may take: a few milliseconds, then deliveries have their turn. */
const ROWS = 1_000;
/** Letters of one batch: their statements take a few milliseconds too. */
const LETTERS = 256;

/**
 * The one writer. It works in rounds: whatever letters wait are appended together and synced once; they and a slice of
 * what else is to be done go into one transaction; when that is on the disk, all are answered.
 */
export class Writer {
  readonly #data: DataFolder;
  readonly #index: IndexWrites;
  readonly #limits: WriterData['limits'];
  readonly #faults: Faults;
  readonly #room: Room;
  readonly #quotas: Quotas;
  readonly #pages: Pages;
  readonly #appender: Appender;
  readonly #report: (report: Report) => void;
  readonly #pace: Pace | undefined;
  #deliveries: OrderOf<'deliver'>[] = [];
  #tasks: Task[] = [];
  readonly #admission: Admission;
  /** Large letters whose commit failed. */
  #doubtful: number[] = [];
  #pins = 0;
  #unlinkLater: number[] = [];

  /** `last` is the highest segment number in use. */
  constructor(
    data: DataFolder,
    index: IndexWrites,
    last: number,
    started: WriterData,
    report: (report: Report) => void,
  ) {
    this.#data = data;
    this.#index = index;
    this.#limits = started.limits;
    this.#faults = new Faults(started.faults);
    this.#pages = new Pages(started.pages);
    this.#room = new Room(data, started.limits, started.pretendFree);
    this.#quotas = new Quotas(index, started.limits.quota);
    this.#admission = new Admission(this.#room, started.limits.batch, () => report({ type: 'pressed' }));
    this.#appender = new Appender(data, last, started.limits.segment, this.#faults);
    this.#report = report;
    this.#pace = started.pace && new Pace(started.pace);
    for (const left of index.maildrops.orphans()) this.#tasks.push(new RemoveTask(index, this.#quotas, { left }));
  }

  get idle(): boolean {
    return this.#deliveries.length === 0 && this.#tasks.length === 0;
  }

  /** Takes an order; one that cannot even be begun is answered so, and the writer goes on. */
  take(order: Exclude<Order, OrderOf<'close'>>): void {
    try {
      this.#begin(order);
    } catch (error) {
      this.#answer([{ type: 'failed', id: order.id, failure: failureOf(error) }]);
    }
  }

  #begin(order: Exclude<Order, OrderOf<'close'>>): void {
    const index = this.#index;
    switch (order.type) {
      case 'deliver':
        this.#deliveries.push(order);
        return;
      case 'expunge':
        this.#tasks.push(new ExpungeTask(index, this.#quotas, order));
        return;
      case 'undelete':
        this.#tasks.push(new UndeleteTask(index, this.#quotas, order));
        return;
      case 'purge':
        this.#tasks.push(new PurgeTask(index, order));
        return;
      case 'compact': {
        const wasteful = index.segments.wasteful(order.deadShare);
        if (wasteful.includes(this.#appender.number)) this.#appender.seal();
        this.#tasks.push(new CompactTask(index, this.#data, order.id, wasteful, () => this.#admission.left()));
        return;
      }
      case 'add-account':
      case 'set-password':
      case 'set-disabled':
      case 'edit-policy':
      case 'set-addresses':
      case 'retention':
        this.#tasks.push(new AccountTask(index, this.#quotas, order, this.#limits.retention));
        return;
      case 'remove-account':
        this.#tasks.push(new RemoveTask(index, this.#quotas, order));
        return;
      case 'put-alias':
      case 'remove-alias':
        this.#tasks.push(new AliasTask(index, order));
        return;
      case 'fetched':
        this.#tasks.push(new FetchedTask(index, order));
        return;
      case 'add-device':
      case 'revoke-device':
      case 'note-devices':
        this.#tasks.push(new DeviceTask(index, order));
        return;
      case 'record':
        this.#tasks.push(new RecordTask(index, order));
        return;
      case 'count-polls':
        this.#tasks.push(new CountPollsTask(index, order));
        return;
      case 'forget-ledger':
        this.#tasks.push(new ForgetLedgerTask(index, order));
        return;
      case 'list-ids':
        this.#tasks.push(new ListIdsTask(index, order));
        return;
      case 'pin':
        this.#pins += 1;
        break;
      case 'set-aside':
        this.#room.setAside();
        break;
      case 'seal':
        this.#appender.seal();
        break;
      case 'relieved': {
        const { orders, answers } = this.#admission.relieve();
        this.#deliveries.unshift(...orders);
        this.#answer(answers);
        break;
      }
      case 'room': {
        const answer = this.#admission.ask(order);
        if (answer) this.#answer([answer]);
        return;
      }
      case 'unpin':
        this.#pins -= 1;
        if (this.#pins === 0) this.#unlink(this.#unlinkLater.splice(0));
        break;
    }
    this.#answer([{ type: 'done', id: order.id, result: undefined }]);
  }

  /** One round of work. Whatever fails is answered to those it concerns. */
  round(): void {
    const began = performance.now();
    const round = new Round(this.#takeBatch(), this.#tasks.splice(0));
    this.#append(round);
    const failure = this.#commit(round);
    if (failure && isFull(failure)) {
      // A full disk refuses mail before it stops owners from removing: without the letters the rest may still fit.
      round.giveUpLetters(failureOf(failure));
      const again = this.#commit(round);
      const last = again && isFull(again) && this.#room.giveUp() ? this.#commit(round) : again;
      if (last) round.giveUp(failureOf(last));
    } else if (failure) round.giveUp(failureOf(failure));
    if (round.batch.size > 0) {
      if (!failure) this.#pace?.committed(round.batch.size, performance.now() - began);
      this.#doubtful.push(...round.batch.clear());
      this.#faults.at('deliver.before-answer');
    }
    this.#answer(round.letterAnswers());
    this.#unlink(round.dropped);
    for (const { kind } of round.dropped.length > 0 ? round.worked : []) this.#pass(taskSteps[kind]?.unlinked);
    this.#answer(round.taskAnswers());
    this.#tasks = [...round.unfinished(), ...this.#tasks];
  }

  /** Refuses what still waits for room and ends the active segment; nothing may be asked afterwards. */
  close(): void {
    const { orders, answers } = this.#admission.close();
    this.#answer(answers);
    this.#deliveries = [...orders];
    while (!this.idle) this.round();
    this.#appender.seal();
  }

  #takeBatch(): Batch {
    let octets = 0;
    let letters = 0;
    const imports = new ImportsOfBatch();
    for (const order of this.#deliveries) {
      octets += typeof order.record === 'string' ? 0 : order.octets;
      if (letters > 0 && (letters >= LETTERS || octets > this.#limits.batch)) break;
      if (!imports.add(order)) break;
      letters += 1;
    }
    let orders: readonly OrderOf<'deliver'>[] = this.#deliveries.splice(0, letters);
    try {
      const admitted = this.#admission.admit(orders);
      // The others wait: they are not answered yet, whatever becomes of these.
      orders = admitted.orders;
      return this.#batch(orders, admitted.refused);
    } catch (error) {
      const failure = failureOf(error);
      this.#answer(orders.map(({ id }) => ({ type: 'failed', id, failure })));
      return this.#batch([]);
    }
  }

  #batch(orders: readonly OrderOf<'deliver'>[], withoutRoom?: ReadonlySet<OrderOf<'deliver'>>): Batch {
    const [index, data, appender, pages] = [this.#index, this.#data, this.#appender, this.#pages];
    return new Batch(index, data, appender, pages, this.#faults, orders, this.#quotas, withoutRoom);
  }

  /** Appends and syncs the letters, and what a task moves, in one go. */
  #append(round: Round): void {
    const { batch } = round;
    batch.adopt();
    const letters = batch.records();
    const moved = this.#stage(round);
    if (letters.length === 0 && moved.length === 0) return;
    try {
      if (letters.length > 0 && this.#faults.at('deliver.before-append') === 'answer-early') {
        this.#answer(round.letterAnswers());
      }
      if (moved.length > 0) this.#faults.at('compact.before-copy');
      const places = this.#appender.append([...letters, ...moved]);
      if (letters.length > 0) this.#faults.at('deliver.after-append');
      if (moved.length > 0) this.#faults.at('compact.copied');
      this.#appender.sync(letters.length > 0 ? 'deliver.before-sync' : undefined);
      if (letters.length > 0) this.#faults.at('deliver.after-sync');
      if (moved.length > 0) this.#faults.at('compact.synced');
      batch.placed(places.slice(0, letters.length));
      round.moved = places.slice(letters.length);
      round.movedOctets = octetsOf(moved);
    } catch (error) {
      batch.failInline(failureOf(error));
      if (round.mover) round.fail(round.mover, failureOf(error));
    }
  }

  /** The records that a task wants moved in this round. */
  #stage(round: Round): readonly LetterRecord[] {
    const { mover } = round;
    if (!mover?.stage) return [];
    try {
      const records = mover.stage();
      if (records.length > 0 && this.#room.leftForMoving() < octetsOf(records)) {
        throw new StoreError('no-room', 'the disk has no room to move letters');
      }
      return records;
    } catch (error) {
      round.fail(mover, failureOf(error));
      return [];
    }
  }

  /** Enters the letters and does the tasks' slices in one transaction. Answers what went wrong, if anything did. */
  #commit(round: Round): unknown {
    const before = totalChanges(this.#index.database);
    try {
      inTransaction(this.#index.database, 'BEGIN IMMEDIATE', () => {
        this.#claim(round);
        round.batch.enter();
        this.#slices(round);
        if (round.worked.length > 0) round.dropped.push(...this.#bury());
        if (round.batch.size > 0) this.#faults.at('deliver.before-commit');
      });
    } catch (error) {
      round.undo();
      this.#quotas.undo();
      return error;
    }
    this.#appender.claim();
    const due = this.#quotas.takeReached();
    if (due.length > 0) this.#report({ type: 'filled', due });
    // A commit that failed may yet have reached the log, to be found there after a crash, until another writes over it.
    if (totalChanges(this.#index.database) > before) round.dropped.push(...this.#doubtful.splice(0));
    // What has just left may be destroyed to make room.
    if (round.worked.some(({ kind }) => kind === 'expunge')) this.#admission.unrelieve();
    if (round.batch.size > 0) this.#faults.at('deliver.after-commit');
    for (const { kind } of round.worked) this.#pass(taskSteps[kind]?.committed);
    return undefined;
  }

  /** Tells the index how far the active segment goes now, and how much of what is new in it is no letter's. */
  #claim(round: Round): void {
    const { unclaimed, number, end } = this.#appender;
    if (unclaimed === 0) return;
    this.#index.segments.put(number, end, unclaimed - round.batch.placedOctets - round.movedOctets);
  }

  #slices(round: Round): void {
    let budget = ROWS;
    for (const task of round.waiting()) {
      if (budget <= 0) return;
      round.remember(task);
      if (this.#pass(taskSteps[task.kind]?.before) === 'answer-early') this.#answer(round.answerEarly(task));
      try {
        budget -= task.slice(budget, round.moved);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        round.fail(task, failureOf(error));
        continue;
      }
      round.worked.push(task);
      round.dropped.push(...(task.takeDropped?.() ?? []));
      this.#pass(taskSteps[task.kind]?.after);
    }
  }

  /** Destroys what nothing refers to any more; answers the segments that are wholly dead by that. */
  #bury(): number[] {
    const dead = new Map<number, number>();
    for (const [segment, traces, octets] of this.#index.contents.free()) {
      dead.set(segment, (dead.get(segment) ?? 0) + recordOctets(traces, octets));
    }
    const dropped: number[] = [];
    for (const [segment, octets] of dead) {
      const whole = this.#index.segments.bury(segment, octets);
      if (!whole || segment === this.#appender.number) continue;
      this.#index.segments.remove(segment);
      dropped.push(segment);
    }
    return dropped;
  }

  #unlink(segments: readonly number[]): void {
    if (segments.length === 0) return;
    if (this.#pins > 0) {
      this.#unlinkLater.push(...segments);
      return;
    }
    // What cannot be removed now is a file that the index does not name: the next start sweeps it.
    for (const segment of segments) attempt(() => removeSegment(this.#data, segment));
    this.#report({ type: 'dropped', segments });
  }

  #pass(step: FaultStep | undefined): ReturnType<Faults['at']> {
    return step && this.#faults.at(step);
  }

  #answer(answers: readonly Answer[]): void {
    if (answers.length > 0) this.#report({ type: 'answers', answers });
  }
}

function octetsOf(records: readonly LetterRecord[]): number {
  return records.flat().reduce((sum, { length }) => sum + length, 0);
}

/** A task's own no, after which the round goes on; anything else undoes the round. */
function isRefusal(error: unknown): boolean {
  return error instanceof StoreError || error instanceof AccountExists || error instanceof NoAccount;
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {}
}
