// Writes the parts of the documentation that come from the code. Run after `npm run build`; tests check that it was.
import { mkdir, writeFile } from 'node:fs/promises';
import { settingsReference } from '../packages/restante/dist/config/reference.js';
import { apiPages } from './api-pages.mjs';
import { conformancePage, page } from './conformance-page.mjs';

await writeFile(new URL('../docs/configuration.md', import.meta.url), settingsReference());
await writeFile(page, conformancePage());

await mkdir(new URL('../docs/api/', import.meta.url), { recursive: true });
for (const [url, text] of apiPages()) await writeFile(url, text);
