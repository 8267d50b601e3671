import type { Output } from '@raspy/runtime';
import { printable, type LiveRegion } from '@raspy/runtime/cli';
import { changedReadings } from '../changes.js';
import { deviceTable } from '../commands/device-ls.js';
import { changeLine } from '../commands/device-watch.js';
import { serverTable, serviceTable } from '../commands/service-ls.js';
import type { HomePresenter } from './home-view.js';

const HINT = 'Ctrl-C ends the home. In another terminal: raspy device ls, raspy service ls, raspy --help';

/** The title and the notes, each with a line between them and the tables. */
const linesAround = (notes: readonly string[]): number => notes.length + 3;

/** As many lines as have room; what is left out is said. */
function fitting(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  const shown = lines.slice(0, Math.max(0, room - 1));
  return [...shown, `… and ${lines.length - shown.length} more: raspy device ls`];
}

/** For a terminal: both tables, updating in place. */
export function livePresenter(region: LiveRegion, readyLine: (endpoint: string) => string): HomePresenter {
  let title = '';
  let tables: readonly string[] = [];
  const update = (...notes: string[]): void => {
    if (tables.length === 0) region.update([title, '', ...notes]);
    else region.update([title, '', ...fitting(tables, region.room - linesAround(notes)), '', ...notes]);
  };
  return {
    ready: (endpoint) => {
      title = readyLine(endpoint);
      update(HINT);
    },
    show: ({ services, devices, webUrl }) => {
      tables = [...serverTable(services), '', ...deviceTable(devices)];
      update(...(webUrl === undefined ? [] : [`In a browser: ${webUrl}`]), HINT);
    },
    trouble: (reason) => update(`The bus does not answer: ${printable(reason)}`),
  };
}

/** For anything but a terminal: the service table when it changes, and a line for each reading that does. */
export function plainPresenter(output: Output, readyLine: (endpoint: string) => string): HomePresenter {
  const readings = new Map<string, string>();
  let told = '';
  return {
    ready: (endpoint) => output.write(`${readyLine(endpoint)}\n`),
    show: ({ services, devices }) => {
      const names = services.map(({ name }) => name).join();
      if (names !== told) output.write(`${serviceTable(services).join('\n')}\n`);
      told = names;
      for (const change of changedReadings(devices, readings)) output.write(`${changeLine(change, false)}\n`);
    },
    trouble: (reason) => output.write(`the bus does not answer: ${printable(reason)}\n`),
  };
}

/** For programs: JSON lines with an `event` each. */
export function jsonPresenter(output: Output, pid: number): HomePresenter {
  const readings = new Map<string, string>();
  let told = '';
  const write = (line: object): void => output.write(`${JSON.stringify(line)}\n`);
  return {
    ready: (endpoint) => write({ event: 'ready', endpoint, pid }),
    show: ({ services, devices }) => {
      const names = services.map(({ name }) => name);
      if (names.join() !== told) write({ event: 'services', services: names });
      told = names.join();
      for (const { device, value, reading } of changedReadings(devices, readings)) {
        write({ event: 'reading', device, name: value, ...reading });
      }
    },
    trouble: (reason) => write({ event: 'trouble', reason }),
  };
}
