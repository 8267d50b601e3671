// Writes what is made from the same schemas as the server: types of the API's client, and the form of devices.
import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'oxfmt';
import { clientTypesText } from '../dist/api/client-types-text.js';
import { deviceFormText } from '../dist/api/device-form-text.js';

const style = JSON.parse(await readFile(new URL('../../../.oxfmtrc.json', import.meta.url), 'utf8'));
for (const [file, text] of [
  ['../src/api/client-types.ts', clientTypesText()],
  ['../ui/model/common-config.ts', deviceFormText()],
]) {
  const path = new URL(file, import.meta.url).pathname;
  const { code } = await format(path, text, style);
  await writeFile(path, code);
}
