const OCTETS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  min: 60e3,
  m: 60e3,
  h: 3600e3,
  d: 86_400e3,
};

/** Octets of `150 MiB`, `10 MB`, `4096 B`; undefined when it is no such thing. */
export function parseOctets(text: string): number | undefined {
  return parseQuantity(text, OCTETS);
}

/** Milliseconds of `10 min`, `1.5 s`, `7 d`; undefined when it is no such thing. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, MILLISECONDS);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2] === undefined || !Object.hasOwn(units, match[2]) ? undefined : units[match[2]];
  if (match?.[1] === undefined || unit === undefined) return undefined;
  const value = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `150 MiB`, `4 KiB`, `17 octets`: the largest binary unit that leaves no fraction. */
export function formatOctets(octets: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const) {
    const size = OCTETS[unit] as number;
    if (octets >= size && octets % size === 0) return `${octets / size} ${unit}`;
  }
  return octets === 1 ? '1 octet' : `${octets} octets`;
}

/** `7 d`, `10 min`, `1500 ms`: the largest unit that leaves no fraction. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'min', 's'] as const) {
    const length = MILLISECONDS[unit] as number;
    if (milliseconds >= length && milliseconds % length === 0) return `${milliseconds / length} ${unit}`;
  }
  return `${milliseconds} ms`;
}
