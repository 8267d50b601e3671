import { BusError, type ThermometerStatus } from '../bus.js';
import { familyOfChip } from '../families.js';
import { parseRomId, type RomId } from '../rom-id.js';
import type { OnewireFacts } from './facts.js';

/** One thing that was looked at. */
export interface Finding {
  /** `missing`: nothing can be read before it is mended; `warning`: something is not as it could be. */
  readonly level: 'ok' | 'warning' | 'missing';
  readonly text: string;
  /** What to do: lines for a file, or commands. */
  readonly remedy?: { readonly title: string; readonly lines: readonly string[] };
}

/** What came of reading one thermometer. */
export type Reading =
  | { readonly id: RomId; readonly celsius: number; readonly status: ThermometerStatus }
  | { readonly id: RomId; readonly error: unknown };

const OVERLAY = 'dtoverlay=w1-gpio';
/** For lines that hold for any board. */
const EVERY_BOARD = ['all', ''];

const ok = (text: string): Finding => ({ level: 'ok', text });

/** What the facts say, in the order in which things have to be right. Pure. */
export function findingsOf(facts: OnewireFacts): Finding[] {
  return [...boardFindings(facts), ...moduleFindings(facts), ...busFindings(facts), ...bulkFindings(facts)];
}

function boardFindings(facts: OnewireFacts): Finding[] {
  const { model, bootConfig, devices, isForPi, isRunning, moduleLines } = facts;
  if (bootConfig === undefined) {
    if (!isForPi) {
      const what = model === undefined ? 'This machine' : `This ${model}`;
      return [ok(`${what} has no config.txt: its bus master is no pin of a Raspberry Pi.`)];
    }
    const text =
      'There is no config.txt in /boot/firmware or /boot: the boot partition is not mounted there.';
    const lines = [
      'lsblk -o NAME,LABEL',
      'sudo mount /dev/… …/boot/firmware   # the one called bootfs or boot',
    ];
    return [{ level: 'missing', text, remedy: { title: 'mount it, and look again', lines } }];
  }
  const { path, text } = bootConfig;
  const overlays = overlaysIn(text);
  const general = overlays.filter(({ section }) => EVERY_BOARD.includes(section));
  if (general.length > 0) {
    const pin = /gpiopin=(\d+)/.exec(general[0]!.line)?.[1] ?? '4';
    const more =
      general.length > 1 ? [`${path} has ${general.length} lines with it: each is a bus of its own.`] : [];
    return [ok(`${path} switches 1-Wire on, on GPIO ${pin}.`), ...more.map(ok)];
  }
  const remedy = {
    title: `add to the end of ${path}, and restart the board`,
    lines: ['[all]', OVERLAY, '# or, on another pin than GPIO 4:', `# ${OVERLAY},gpiopin=17`],
  };
  // What came otherwise (an adapter, an old kernel) needs none.
  const hasMaster = devices.some((name) => name.startsWith('w1_bus_master'));
  if (overlays.length > 0) {
    const { section } = overlays[0]!;
    const level = hasMaster ? 'warning' : 'missing';
    return [{ level, text: `${path} has ${OVERLAY} only for boards of [${section}].`, remedy }];
  }
  if (hasMaster) return [ok(`${path} has no ${OVERLAY}, but there is a bus master all the same.`)];
  if (!isRunning && namesGpioModule(moduleLines)) {
    const text = `${path} does not switch 1-Wire on; the line w1-gpio in /etc/modules is enough for kernels before 3.18 (2015) alone.`;
    return [{ level: 'warning', text, remedy }];
  }
  return [{ level: 'missing', text: `${path} does not switch 1-Wire on.`, remedy }];
}

/** As it was done before 2015. */
function namesGpioModule(moduleLines: readonly string[]): boolean {
  return moduleLines.some((line) => /^\s*w1[-_]gpio/.test(line));
}

/** Lines that switch 1-Wire on, with the section that they stand in. */
function overlaysIn(text: string): { readonly line: string; readonly section: string }[] {
  let section = '';
  return text.split('\n').flatMap((raw) => {
    const line = raw.trim();
    const [, entered] = /^\[(.*)\]$/.exec(line) ?? [];
    if (entered !== undefined) section = entered;
    return /^dtoverlay=w1-gpio(?:-pullup)?(?:,|$)/.test(line) ? [{ line, section }] : [];
  });
}

function moduleFindings({ modules, moduleLines, isRunning, devices }: OnewireFacts): Finding[] {
  if (!isRunning) return [ok('What the kernel has loaded is not looked at: this system does not run.')];
  const named = moduleLines.map((line) => line.replace(/#.*/, '').trim().replaceAll('-', '_'));
  if (modules.includes('w1_therm')) return [ok('The kernel has its driver for thermometers (w1_therm).')];
  const chips = devices.flatMap((name) => parseRomId(name) ?? []);
  if (!chips.some((id) => familyOfChip(id).kind === 'thermometer')) {
    return modules.includes('wire')
      ? [ok('The kernel has 1-Wire; its driver for thermometers comes with the first one.')]
      : [];
  }
  const inFile = named.includes('w1_therm');
  return [
    {
      level: 'missing',
      text: 'There are thermometers, and the kernel has not loaded its driver for them (w1_therm).',
      remedy: {
        title: inFile ? 'load it now' : 'load it now, and at each start',
        lines: [
          'sudo modprobe w1-therm',
          ...(inFile ? [] : ['echo w1-therm | sudo tee /etc/modules-load.d/w1.conf']),
        ],
      },
    },
  ];
}

function busFindings(facts: OnewireFacts): Finding[] {
  const { devices: names, devicesDir, devicesError, modules } = facts;
  if (devicesError !== undefined)
    return [folderFinding(facts, devicesError)].filter((one) => one !== undefined);
  const masters = names.filter((name) => name.startsWith('w1_bus_master'));
  const ids = names.flatMap((name) => parseRomId(name) ?? []);
  const phantoms = ids.filter((id) => id.startsWith('00-'));
  const chips = ids.filter((id) => !id.startsWith('00-'));
  const findings: Finding[] = [];
  if (masters.length === 0) {
    findings.push({
      level: 'missing',
      text: `${devicesDir} has no bus master${modules.includes('w1_gpio') ? ' yet, though w1_gpio is loaded' : ''}.`,
    });
  } else findings.push(ok(`Bus masters: ${masters.join(', ')}.`));
  if (phantoms.length > 0) {
    findings.push({
      level: 'warning',
      text: `There are chips that cannot be (${phantoms[0]!}, …): the data line is disturbed or floats; look at the pull-up resistor (4.7 kΩ to 3.3 V).`,
    });
  }
  if (chips.length === 0 && masters.length > 0) {
    findings.push({
      level: 'missing',
      text: 'No chip answers: look at the wires (data, ground, 3.3 V), the pin, and the pull-up resistor (4.7 kΩ between data and 3.3 V).',
    });
  }
  for (const id of chips) findings.push(ok(`${id}: ${familyOfChip(id).title}.`));
  return findings;
}

/** Why there is no folder of chips, and what to do; nothing of a system that does not run. */
function folderFinding(facts: OnewireFacts, code: string): Finding | undefined {
  const { bootConfig, devicesDir, moduleLines, isRunning } = facts;
  if (!isRunning && code === 'ENOENT') return undefined;
  if (code === 'EACCES') {
    const remedy = { title: 'look at', lines: [`ls -ld ${devicesDir}`] };
    return { level: 'missing', text: `This user may not read ${devicesDir}.`, remedy };
  }
  if (code !== 'ENOENT') return { level: 'missing', text: `${devicesDir} cannot be read: ${code}.` };
  const old = namesGpioModule(moduleLines)
    ? ', though /etc/modules names w1-gpio: since 2015 the line in config.txt is needed'
    : '';
  return {
    level: 'missing',
    text: `There is no ${devicesDir}: the kernel has no 1-Wire${old}.`,
    remedy:
      bootConfig === undefined
        ? { title: 'with an adapter at USB', lines: ['sudo modprobe ds2490 && sudo modprobe w1-therm'] }
        : { title: 'after the line in config.txt: restart, or for now', lines: ['sudo dtoverlay w1-gpio'] },
  };
}

function bulkFindings({ bulk, hasRule }: OnewireFacts): Finding[] {
  const forbidden = Object.keys(bulk).filter((master) => bulk[master] === false);
  if (forbidden.length === 0) {
    const allowed = Object.values(bulk).some((may) => may === true);
    return allowed ? [ok('All thermometers of a bus can be told to measure at the same time.')] : [];
  }
  return [
    {
      level: 'warning',
      text: `This user may not write ${forbidden.join(', ')}/therm_bulk_read: thermometers are read one by one, a second each, and cannot be set up.${hasRule ? ' There is a rule for it: is this user in its group?' : ''}`,
      remedy: {
        title: 'put into /etc/udev/rules.d/99-raspy-w1.rules, with the group of the user that runs RasPy',
        lines: [
          UDEV_RULE,
          '# then:',
          'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=w1 --action=add',
        ],
      },
    },
  ];
}

/**
 * The file of a bus master comes with its first thermometer, and belongs to root: the rule looks at each chip that comes.
 * Those of the chip itself are to set it up.
 */
const UDEV_RULE =
  'SUBSYSTEM=="w1", ACTION=="add", KERNEL=="[0-9a-f][0-9a-f]-*", RUN+="/bin/sh -c \'for f in /sys/bus/w1/devices/w1_bus_master*/therm_bulk_read /sys%p/resolution /sys%p/alarms /sys%p/features; do chgrp -f gpio $$f; chmod -f g+w $$f; done\'"';

/** What thermometers said when they were read. Pure. */
export function readingFindings(readings: readonly Reading[]): Finding[] {
  return readings.map((reading): Finding => {
    if ('error' in reading) {
      const { error, id } = reading;
      const reason = error instanceof Error ? error.message : String(error);
      const isGarbled = error instanceof BusError && error.code === 'GARBLED';
      const hint = isGarbled ? ' Look at cable, pull-up resistor and supply.' : '';
      return { level: 'missing', text: `${id} cannot be read: ${reason}.${hint}`.replace('..', '.') };
    }
    const { id, celsius, status } = reading;
    if (celsius === 85) {
      return {
        level: 'warning',
        text: `${id} says 85 °C, as one that has just got power and has not measured: look at its supply.`,
      };
    }
    if (celsius > 127.9) {
      return { level: 'warning', text: `${id} says 127.94 °C: it has too little power to measure.` };
    }
    const power =
      status.externalPower === false
        ? '; it has no supply of its own: slow, and sensitive to long cables'
        : '';
    const bits = status.resolution === undefined ? '' : ` with ${status.resolution} bits`;
    return {
      level: status.externalPower === false ? 'warning' : 'ok',
      text: `${id} says ${celsius} °C${bits}${power}.`,
    };
  });
}
