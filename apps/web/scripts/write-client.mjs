// Writes the types of the API's client, made from the same table as the server.
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { clientTypesText } from '../dist/api/client-types-text.js';

const path = new URL('../src/api/client-types.ts', import.meta.url).pathname;
await writeFile(path, await format(clientTypesText(), { ...(await resolveConfig(path)), filepath: path }));
