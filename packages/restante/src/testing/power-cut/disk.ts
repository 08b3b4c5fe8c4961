import { dirname } from 'node:path';
import type { Random } from '../oracle/random.ts';
import type { Effect } from './trace.ts';

/** What a disk makes of what was not synced when the power went. */
export type Loss =
  /** Nothing unsynced is there: neither octets nor the names of files. */
  | 'all'
  /** The names are there, and the octets are not: new files are empty. */
  | 'octets'
  /** The octets are there, and new, moved and removed names are not. */
  | 'names'
  /** Everything is there, as after the crash of a process. */
  | 'none'
  /** Each piece of 4,096 octets may be there or not, whenever it was written; names up to some point. */
  | 'reordered'
  /** Everything up to some write, which is cut at a multiple of 512 octets; names up to some point. */
  | 'torn';

export const losses: readonly Loss[] = ['all', 'octets', 'names', 'none', 'reordered', 'torn'];

/** A file's octets, whatever its names. */
interface Inode {
  durable: Buffer;
  pending: readonly Change[];
}

type Change = { readonly order: number } & (
  | { readonly type: 'write'; readonly at: number; readonly octets: Buffer }
  | { readonly type: 'truncate'; readonly length: number }
);

type Named = Inode | 'directory';

/** A name that appeared or vanished in a directory. */
interface Naming {
  readonly order: number;
  readonly path: string;
  readonly named: Named | undefined;
}

/** The files of a folder by absolute path. */
export type Image = ReadonlyMap<string, Buffer | 'directory'>;

/**
 * A disk under one folder: what the file system shows, and what of that is durable. Only fsync and fdatasync of a file
 * make its octets durable, and only fsync of a directory the names in it: no more than POSIX promises.
 */
export class Disk {
  readonly #folder: string;
  /** What the file system shows. */
  readonly #names = new Map<string, Named>();
  readonly #durableNames = new Map<string, Named>();
  #namings: readonly Naming[] = [];
  readonly #descriptors = new Map<number, { at: number; readonly append: boolean; readonly synced: boolean }>();
  #order = 0;
  /** The calls that have begun and are not over: no sync covers what they do. */
  readonly #running = new Set<number>();

  constructor(folder: string, image: Image) {
    this.#folder = folder;
    for (const [path, content] of image) {
      const named: Named = content === 'directory' ? content : { durable: content, pending: [] };
      this.#names.set(path, named);
      this.#durableNames.set(path, named);
    }
  }

  /** A call begins: what it changes is there from now on, and not durable. Answers what to do when it is over. */
  begin(effect: Effect): () => void {
    this.#order += 1;
    const order = this.#order;
    this.#running.add(order);
    const end = this.#begin(effect);
    return () => {
      end();
      this.#running.delete(order);
    };
  }

  #begin(effect: Effect): () => void {
    switch (effect.type) {
      case 'open':
        return this.#open(effect);
      case 'seek':
        this.#descriptors.set(effect.fd, {
          append: false,
          synced: false,
          ...this.#descriptors.get(effect.fd),
          at: effect.offset,
        });
        return done;
      case 'write':
        return this.#write(effect);
      case 'truncate':
        this.#change(effect.path, { type: 'truncate', length: effect.length, order: this.#order });
        return done;
      case 'sync':
        return this.#sync(effect.path);
      case 'rename':
        return this.#rename(effect.from, effect.to);
      case 'link':
        return this.#name(effect.to, this.#names.get(effect.from));
      case 'unlink':
        return this.#name(effect.path, undefined);
      case 'make-directory':
        return this.#name(effect.path, 'directory');
    }
  }

  /** What is on the disk when the power goes now. */
  image(loss: Loss, random: Random): Image {
    const last = { all: 0, names: 0, octets: Number.POSITIVE_INFINITY, none: Number.POSITIVE_INFINITY };
    const upTo = last[loss as keyof typeof last] ?? this.#somePoint(random);
    const names = new Map(this.#durableNames);
    for (const naming of this.#namings) if (naming.order <= upTo) setName(names, naming);
    const image = new Map<string, Buffer | 'directory'>();
    const tear = loss === 'torn' ? this.#somePoint(random) : 0;
    for (const path of [...names.keys()].toSorted()) {
      const named = names.get(path);
      const parent = dirname(path);
      if (named === undefined || (parent !== this.#folder && image.get(parent) !== 'directory')) continue;
      image.set(path, named === 'directory' ? named : contentOf(named, loss, tear, random));
    }
    return image;
  }

  #open({ fd, path, flags }: Extract<Effect, { type: 'open' }>): () => void {
    const synced = flags.has('O_SYNC') || flags.has('O_DSYNC');
    this.#descriptors.set(fd, { at: 0, append: flags.has('O_APPEND'), synced });
    if (!this.#holds(path)) return done;
    if (!this.#names.has(path) && flags.has('O_CREAT'))
      return this.#name(path, { durable: Buffer.alloc(0), pending: [] });
    if (flags.has('O_TRUNC')) this.#change(path, { type: 'truncate', length: 0, order: this.#order });
    return done;
  }

  #write({ fd, path, octets, offset }: Extract<Effect, { type: 'write' }>): () => void {
    const inode = this.#names.get(path);
    const descriptor = this.#descriptors.get(fd);
    if (inode === undefined || inode === 'directory') return done;
    const at = descriptor?.append ? lengthOf(inode) : (offset ?? descriptor?.at ?? 0);
    if (descriptor && offset === undefined) descriptor.at = at + octets.length;
    const change: Change = { type: 'write', at, octets, order: this.#order };
    inode.pending = [...inode.pending, change];
    if (!descriptor?.synced) return done;
    return () => {
      inode.durable = changed(inode.durable, [change]);
      inode.pending = inode.pending.filter((other) => other !== change);
    };
  }

  #change(path: string, change: Change): void {
    const inode = this.#names.get(path);
    if (inode !== undefined && inode !== 'directory') inode.pending = [...inode.pending, change];
  }

  /** Makes durable, once the sync is over, what had been done before it began. */
  #sync(path: string): () => void {
    const running = new Set(this.#running);
    const until = this.#order;
    const isCovered = ({ order }: { readonly order: number }) => order <= until && !running.has(order);
    if (path === this.#folder || this.#names.get(path) === 'directory') {
      return () => {
        const covered = (naming: Naming) => dirname(naming.path) === path && isCovered(naming);
        for (const naming of this.#namings.filter(covered)) setName(this.#durableNames, naming);
        this.#namings = this.#namings.filter((naming) => !covered(naming));
      };
    }
    const inode = this.#names.get(path);
    if (inode === undefined || inode === 'directory') return done;
    return () => {
      inode.durable = changed(inode.durable, inode.pending.filter(isCovered));
      inode.pending = inode.pending.filter((change) => !isCovered(change));
    };
  }

  #rename(from: string, to: string): () => void {
    const named = this.#names.get(from);
    if (named === 'directory') throw new Error(`a directory was renamed, which is not modelled: ${from}`);
    this.#name(to, named);
    this.#name(from, undefined);
    return done;
  }

  #name(path: string, named: Named | undefined): () => void {
    if (!this.#holds(path)) return done;
    const naming = { path, named, order: this.#order };
    setName(this.#names, naming);
    this.#namings = [...this.#namings, naming];
    return done;
  }

  #holds(path: string): boolean {
    return path.startsWith(`${this.#folder}/`);
  }

  /** A moment among those of the changes that are not durable. */
  #somePoint(random: Random): number {
    const all = new Set([...this.#names.values(), ...this.#durableNames.values()]);
    const pending = [...all].flatMap((named) => (named === 'directory' ? [] : named.pending));
    const orders = [0, ...pending.map(({ order }) => order), ...this.#namings.map(({ order }) => order)];
    return orders[random.below(orders.length)] ?? 0;
  }
}

const done = () => {};

function setName(names: Map<string, Named>, { path, named }: Naming): void {
  if (named === undefined) names.delete(path);
  else names.set(path, named);
}

function contentOf({ durable, pending }: Inode, loss: Loss, tear: number, random: Random): Buffer {
  return changed(durable, chosen(pending, loss, tear, random));
}

function chosen(pending: readonly Change[], loss: Loss, tear: number, random: Random): readonly Change[] {
  switch (loss) {
    case 'all':
    case 'octets':
      return [];
    case 'names':
    case 'none':
      return pending;
    case 'reordered':
      return pending.flatMap(pieces).filter(() => random.oneIn(2));
    case 'torn':
      return pending.flatMap((change) => {
        if (change.order !== tear || change.type === 'truncate') return change.order < tear ? [change] : [];
        const sectors = Math.floor(change.octets.length / 512);
        return [{ ...change, octets: change.octets.subarray(0, random.below(sectors + 1) * 512) }];
      });
  }
}

/** A write as the pages of 4,096 octets that it touches. */
function pieces(change: Change): readonly Change[] {
  if (change.type === 'truncate') return [change];
  const all: Change[] = [];
  for (let from = 0; from < change.octets.length; ) {
    const to = from + 4_096 - ((change.at + from) % 4_096);
    all.push({ ...change, at: change.at + from, octets: change.octets.subarray(from, to) });
    from = to;
  }
  return all;
}

/** The octets after these changes, in this order. A hole is zeros. */
function changed(content: Buffer, changes: readonly Change[]): Buffer {
  if (changes.length === 0) return content;
  const ends = changes.map((change) => (change.type === 'truncate' ? change.length : change.at + change.octets.length));
  const room = Buffer.alloc(Math.max(content.length, ...ends));
  content.copy(room);
  let length = content.length;
  for (const change of changes) {
    if (change.type === 'truncate') {
      room.fill(0, change.length);
      length = change.length;
    } else {
      change.octets.copy(room, change.at);
      length = Math.max(length, change.at + change.octets.length);
    }
  }
  return room.subarray(0, length);
}

function lengthOf(inode: Inode): number {
  return inode.pending.reduce(
    (length, change) =>
      change.type === 'truncate' ? change.length : Math.max(length, change.at + change.octets.length),
    inode.durable.length,
  );
}
