import { open, rename } from 'node:fs/promises';

/** Writes a small file so that its name never shows anything but the whole of it, durable before that. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', mode);
  try {
    // The mask of the process takes bits away from the mode that open was given.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
