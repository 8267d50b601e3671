import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Consumer, type Style } from './consumer.ts';
import { libraries, pack, workspace } from './library.ts';
import { example, makeBadPlugins, programs, strangerPlugin } from './stranger/plugins.ts';
import { Workshop } from './workshop.ts';

/**
 * Jest calls it once, before all specs, since npm and the compiler take by far the most of the time: packs, installs and
 * compiles everything in one go. It is loaded by Node itself, which knows nothing of Jest's mapping from .js to .ts.
 */
export default async function setup(): Promise<void> {
  const workshop = Workshop.open();
  try {
    await stock(workshop);
  } catch (error) {
    workshop.close();
    throw error;
  }
}

async function stock(workshop: Workshop): Promise<void> {
  const all = libraries();
  const destination = join(workshop.folder, 'tarballs');
  await mkdir(destination);
  const folders = [
    ...all.map(({ folder }) => folder),
    join(workspace, 'apps/raspy'),
    join(workspace, 'apps/web'),
    example,
    strangerPlugin,
    ...(await makeBadPlugins(workshop.plugins)),
  ];
  const tarballs = await pack(folders, destination);

  const asked = Object.assign({}, ...all.map(({ asks }) => asks)) as Record<string, string>;
  const home = await Consumer.install(workshop.home.folder, { ...tarballs, ...asked });
  const joint = home.part(workshop.joint.folder, [
    ...all.map(({ name }) => name),
    ...Object.keys(asked),
    'raspy-plugin-stranger',
  ]);
  await home.keep(Object.keys(tarballs));

  for (const { project, entries, examples } of all) {
    await joint.add(`${project}/doors`, (style) => opensDoors(entries, style));
    for (const [i, source] of examples.entries()) await joint.add(`${project}/example-${i}`, () => source);
  }
  const asking = all.flatMap((library) => library.asking);
  await joint.add('together/asking', (style) => opensDoors(asking, style));
  for (const [name, source] of Object.entries(programs)) await joint.add(`stranger/${name}`, () => source);
  workshop.fill({ tarballs, compiled: await joint.compile() });
  home.take(joint, 'stranger');
}

/** A module that opens each door and finds something behind it. */
function opensDoors(specifiers: readonly string[], style: Style): string {
  return specifiers
    .map((specifier, i) => {
      const opened =
        style === 'import'
          ? `import * as door${i} from '${specifier}';`
          : `import door${i} = require('${specifier}');`;
      return `${opened}\nif (Object.keys(door${i}).length === 0) throw new Error('${specifier} is empty');\n`;
    })
    .join('');
}
