/** The last millisecond of any calendar (ECMA-262 §21.4.1.1), and of what a server may want us to wait for. */
const LAST = 8.64e15;

/** A time as it can be kept: whole milliseconds. */
export function wholeTime(milliseconds: number): number {
  return Math.min(Math.round(milliseconds), LAST);
}

/** What LIST said, where that can be so: servers say anything. */
export function possibleOctets(octets: number | undefined): number | undefined {
  return Number.isSafeInteger(octets) ? octets : undefined;
}

/** The same with every number in it as it can be kept. */
export function wholeNumbers<T extends object>(facts: T): T {
  const pairs = Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'number' ? wholeTime(fact) : fact]);
  return Object.fromEntries(pairs) as T;
}
