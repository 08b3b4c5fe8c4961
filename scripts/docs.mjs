// Writes the parts of the documentation that come from the code. Run after `npm run build`; tests check that it was.
import { writeFile } from 'node:fs/promises';
import { settingsReference } from '../packages/restante/dist/config/reference.js';
import { conformancePage, page } from './conformance-page.mjs';

await writeFile(new URL('../docs/configuration.md', import.meta.url), settingsReference());
await writeFile(page, conformancePage());
