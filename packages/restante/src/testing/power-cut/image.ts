import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from './disk.ts';

/** Makes the files of an image. */
export function writeImage(image: Image): void {
  for (const [path, content] of image) {
    if (content === 'directory') mkdirSync(path, { mode: 0o700 });
    else writeFileSync(path, content, { mode: 0o600 });
  }
}

/** The same files in another folder. */
export function moveImage(image: Image, from: string, to: string): Image {
  return new Map([...image].map(([path, content]) => [join(to, path.slice(from.length)), content]));
}

/** Tells images apart. */
export function digestOf(image: Image): string {
  const digest = createHash('sha256');
  for (const [path, content] of image) digest.update(`${path} ${content.length}\n`).update(content);
  return digest.digest('hex');
}
