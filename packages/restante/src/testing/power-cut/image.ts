import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from './disk.ts';

/** Reads a folder as it is. */
export function readImage(folder: string): Image {
  const image = new Map<string, Buffer | 'directory'>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) image.set(path, 'directory');
    else if (entry.isFile()) image.set(path, readFileSync(path));
  }
  return image;
}

/** Makes the files of an image of one folder in another, which is empty. */
export function writeImage(image: Image, from: string, to: string): void {
  for (const [path, content] of image) {
    const target = join(to, path.slice(from.length));
    if (content === 'directory') mkdirSync(target, { mode: 0o700 });
    else writeFileSync(target, content, { mode: 0o600 });
  }
}
