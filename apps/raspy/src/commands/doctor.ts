import { ExitCode, path, programSettings, text, toolSettings, UsageError } from '@raspy/runtime';
import { command, printable, type Command } from '@raspy/runtime/cli';
import type { ExamineOptions, Finding } from 'raspy-plugin-onewire/doctor';

/** Parts of a machine that can be looked at. */
const AREAS: Readonly<Record<string, (options: ExamineOptions) => Promise<readonly Finding[]>>> = {
  onewire: async (options) => (await import('../built-in/onewire.js')).examineOnewire(options),
};
const NAMES = Object.keys(AREAS);

/** `raspy doctor [area]` */
export function doctor(): Command {
  return command({
    words: 'doctor',
    summary: 'Say what is missing on this machine, and print the lines to add',
    details: 'It changes nothing. The exit code is 1 when something is missing.',
    args: [['[area]', `what to look at: ${NAMES.join(', ')}; everything when it is not given`]],
    settings: {
      root: path({
        description: 'Folder below which the system is, such as that of a mounted memory card',
        default: '/',
      }),
      devicesDir: text({
        description: 'Folder in which the kernel shows 1-Wire chips',
        hint: 'DIR',
        default: undefined,
        defaultText: '/sys/bus/w1/devices below the root',
      }),
      owserver: text({
        description: 'An owserver to look at in place of the kernel',
        hint: 'HOST:PORT',
        default: undefined,
        defaultText: 'none',
      }),
      json: toolSettings.json,
      config: programSettings.config,
      logLevel: toolSettings.logLevel,
    },
    examples: [
      ['raspy doctor onewire', 'why are there no thermometers?'],
      ['raspy doctor onewire --root=/media/card', 'the system of a memory card'],
    ],
    run: async ({ settings: { root, devicesDir, owserver, json }, args, host }) => {
      const [area] = args;
      if (area !== undefined && !Object.hasOwn(AREAS, area)) {
        throw new UsageError(`there is nothing to look at called "${area}": give one of ${NAMES.join(', ')}`);
      }
      const looked = await Promise.all(
        (area === undefined ? NAMES : [area]).map(async (name) => {
          const findings = await AREAS[name]!({
            clock: host.clock,
            root,
            owserver,
            ...(devicesDir !== undefined && { devicesDir }),
          });
          return findings.map((finding) => ({ area: name, ...finding }));
        }),
      );
      const findings = looked.flat();
      const lines = json ? findings.map((finding) => JSON.stringify(finding)) : findings.flatMap(linesOf);
      host.stdout.write(lines.map((line) => `${line}\n`).join(''));
      return findings.some(({ level }) => level === 'missing') ? ExitCode.FAILED : ExitCode.OK;
    },
  });
}

const MARKS = { ok: 'ok      ', warning: 'warning ', missing: 'MISSING ' };

function linesOf({ level, text: said, remedy }: Finding): string[] {
  return [
    MARKS[level] + printable(said),
    ...(remedy === undefined
      ? []
      : [
          `         ${printable(remedy.title)}:`,
          ...remedy.lines.map((line) => `           ${printable(line)}`),
        ]),
  ];
}
