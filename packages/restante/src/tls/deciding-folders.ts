import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';

/** Links followed before it must be a ring; Linux gives up after as many. */
const MOST_LINKS = 40;

/**
 * The folders in which something must change before the path leads to another file: its own, and that of each link on the
 * way. Let's Encrypt's `live/NAME/cert.pem` is a link that a renewal replaces; in a Kubernetes secret the file is a link into
 * `..data`, which is a link that an update replaces.
 */
export function decidingFolders(path: string): ReadonlySet<string> {
  const folders = new Set<string>();
  const { root } = parse(resolve(path));
  let rest = resolve(path).slice(root.length).split(sep);
  let at = root;
  let links = 0;
  while (rest.length > 0) {
    const [name = '', ...further] = rest;
    const here = join(at, name);
    const target = linkTarget(here);
    if (target !== undefined && ++links <= MOST_LINKS) {
      folders.add(at);
      const led = isAbsolute(target) ? target : join(at, target);
      rest = [...led.slice(root.length).split(sep), ...further];
      at = root;
    } else {
      rest = further;
      at = here;
    }
  }
  return folders.add(dirname(at));
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
