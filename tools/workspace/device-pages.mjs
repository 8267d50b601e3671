// Writes a documentation page for each device type that ships, from its declaration.
import { mkdir, writeFile } from 'node:fs/promises';
import { deviceTypePage } from '@raspy/devices';
import { standardTypes } from '@raspy/devices/types';

const folder = new URL('../../docs/devices/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const type of standardTypes) await writeFile(new URL(`${type.oid}.md`, folder), deviceTypePage(type));
