import type { ImportedLetter } from '../../store/import.ts';
import { type SentLetter, writeLetter } from './letter.ts';
import { OfficeLost } from './office.ts';
import type { FoundMaildrop, PromiseEvent, Violation } from './promises.ts';

/** The mailbox that letters are imported into. Nobody takes any out of it, so that their order can be told. */
export const KEPT = 'kept';

/** Whoever takes letters in that were kept elsewhere. */
export interface ImportOffice {
  /** Brings these letters of {@link importedLetter}, the last one not included; answers their unique-ids. */
  import(from: number, to: number): Promise<readonly string[]>;
}

/** The letters of the source, in its order, without end: every second has a unique-id, every ninth is large. */
export function importedLetter(number: number): { readonly letter: SentLetter; readonly terms: ImportedLetter } {
  const letter = writeLetter(`import-${number}`, number % 9 === 4 ? 80_000 : 700);
  const terms = { maildrop: KEPT, arrived: 1_000_000_000_000 + number, key: `${letter.sha256}/0` };
  const uniqueId = givenTo(number);
  return { letter, terms: uniqueId === undefined ? terms : { ...terms, uniqueId } };
}

/** Some in another server's form, some in that of ours. */
function givenTo(number: number): string | undefined {
  if (number % 2 === 1) return undefined;
  return number % 4 === 0 ? `0000${number.toString(16)}5f!` : `${String(number).padStart(21, '_')}A`;
}

/** Letters of one call, and how many of those that are known to be there are brought again at the beginning. */
const CHUNK = 8;
const AGAIN = 20;

/** Imports the source from a little before where it was cut off, until the office is lost. */
export async function runImporter(
  office: ImportOffice,
  {
    imports,
    record,
    times = Number.POSITIVE_INFINITY,
  }: {
    readonly imports: ImportPromises;
    readonly record: (event: PromiseEvent) => void;
    readonly times?: number;
  },
): Promise<void> {
  try {
    let from = Math.max(0, imports.there - AGAIN);
    for (let time = 0; time < times; time += 1, from += CHUNK) {
      record({ type: 'importing', upTo: from + CHUNK });
      const uniqueIds = await office.import(from, from + CHUNK);
      record({ type: 'imported', upTo: from + CHUNK, uniqueIds });
    }
  } catch (error) {
    if (!(error instanceof OfficeLost)) throw error;
  }
}

/** What was promised of imports: each letter once, in the source's order, under its unique-id, for good. */
export class ImportPromises {
  #asked = 0;
  #there = 0;
  readonly #uniqueIds = new Map<number, string>();
  readonly #violations: Violation[] = [];

  /** The first so many letters are there. */
  get there(): number {
    return this.#there;
  }

  record(event: Extract<PromiseEvent, { readonly type: 'importing' | 'imported' }>): void {
    this.#asked = Math.max(this.#asked, event.upTo);
    if (event.type === 'importing') return;
    this.#there = Math.max(this.#there, event.upTo);
    const first = event.upTo - event.uniqueIds.length;
    for (const [index, uniqueId] of event.uniqueIds.entries()) this.#bind(first + index, uniqueId);
  }

  /** What is found is what there has to be from then on. */
  verify({ letters }: FoundMaildrop): readonly Violation[] {
    const found = letters.filter(({ letter }) => isImported(letter?.name));
    const names = found.map(({ letter }) => letter?.name ?? '');
    if (new Set(names).size < names.length) this.#violate('twice', names.join());
    else if (names.some((name, number) => name !== `import-${number}`)) this.#violate('out-of-order', names.join());
    if (found.length < this.#there) this.#violate('lost', `${found.length} of ${this.#there} imported letters`);
    if (found.length > this.#asked) this.#violate('never-sent', `${found.length} of ${this.#asked} imported letters`);
    for (const [number, { letter, uniqueId }] of found.entries()) {
      if (letter?.sha256 !== importedLetter(number).letter.sha256) this.#violate('damaged', `import-${number}`);
      if (letter?.trace !== '') this.#violate('wrong-mailbox', `import-${number} has trace fields`);
      this.#bind(number, uniqueId);
    }
    this.#there = found.length;
    return this.#violations;
  }

  #bind(number: number, uniqueId: string): void {
    const known = this.#uniqueIds.get(number) ?? givenTo(number) ?? uniqueId;
    if (known !== uniqueId) this.#violate('renamed', `import-${number} is ${uniqueId}, was ${known}`);
    this.#uniqueIds.set(number, uniqueId);
  }

  #violate(kind: Violation['kind'], what: string): void {
    this.#violations.push({ kind, maildrop: KEPT, what });
  }
}

/** Whether this is the name of a letter of the source. */
export function isImported(name: string | undefined): boolean {
  return name?.startsWith('import-') === true;
}
