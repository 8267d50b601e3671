// Writes what is made from the same schemas as the server: types of the API's client, and the form of devices.
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { clientTypesText } from '../dist/api/client-types-text.js';
import { deviceFormText } from '../dist/api/device-form-text.js';

for (const [file, text] of [
  ['../src/api/client-types.ts', clientTypesText()],
  ['../ui/model/common-config.ts', deviceFormText()],
]) {
  const path = new URL(file, import.meta.url).pathname;
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
