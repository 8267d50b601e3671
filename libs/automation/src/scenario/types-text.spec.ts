import ts from 'typescript';
import { parseScenario } from './parse-scenario.js';
import { SHIPPED_SCENARIOS } from './shipped/shipped-scenarios.js';
import { scenarioTypes } from './types-text.js';

/** What TypeScript says of the code of a scenario in an editor. */
function complaints(code: string, types: string): readonly string[] {
  const files: Readonly<Record<string, string>> = {
    'types.d.ts': types,
    'code.ts': `async function scenario() {\n${code}\n}`,
  };
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: false,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...more) =>
    files[name] === undefined
      ? getSourceFile(name, ...more)
      : ts.createSourceFile(name, files[name], ts.ScriptTarget.ES2022);
  host.fileExists = (name) => files[name] !== undefined || fileExists(name);
  host.readFile = (name) => files[name] ?? readFile(name);
  const program = ts.createProgram(Object.keys(files), options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

it.each(SHIPPED_SCENARIOS.map((file) => [file.scenario.name, file] as const))(
  'the code of %s fits the declarations that an editor gets',
  (_, { entries, code }) => {
    const local = Object.entries(entries).map(([name, of]) => [
      name,
      of['kind'] === 'device'
        ? { ...of, service: 's', device: 'd' }
        : { ...of, ...(of['kind'] === 'value' && { key: '/device/a/b/c' }) },
    ]);
    const definition = parseScenario({
      name: 'x',
      mode: 'background',
      entries: Object.fromEntries(local) as object,
      code,
    });
    expect(complaints(code, scenarioTypes(definition.entries))).toEqual([]);
  },
);

it('a mistake in the code is seen by the declarations', () => {
  const { entries } = parseScenario({
    name: 'x',
    mode: 'fired',
    entries: {
      level: { kind: 'value', key: '/device/a/b/c', type: 'number' },
      door: { kind: 'variable', key: '/a', type: 'boolean' },
      other: { kind: 'scenario', name: 'y' },
      target: { kind: 'setting', value: 3 },
      night: { kind: 'cron', when: { everySeconds: 5 } },
    },
    code: '',
  });
  const types = scenarioTypes(entries);
  expect(
    complaints(
      'const sound: number = entries.level.value + entries.target.value; await entries.other.start();',
      types,
    ),
  ).toEqual([]);
  expect(
    complaints(
      'entries.levl.value; entries.door.value.toFixed(); await hold(entries.level, {}); entries.night.name;',
      types,
    ),
  ).toHaveLength(3);
});
