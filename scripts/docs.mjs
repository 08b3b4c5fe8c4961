// Writes the parts of the documentation that come from the code. Run after `npm run build`; a test checks that it was.
import { writeFile } from 'node:fs/promises';
import { settingsReference } from '../packages/restante/dist/config/reference.js';

await writeFile(new URL('../docs/configuration.md', import.meta.url), settingsReference());
