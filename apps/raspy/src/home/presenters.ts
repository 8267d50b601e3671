import type { Output } from '@raspy/runtime';
import { printable, type LiveRegion } from '@raspy/runtime/cli';
import { changedReadings } from '../changes.js';
import { deviceTable } from '../commands/device-ls.js';
import { changeLine } from '../commands/device-watch.js';
import { serviceTable } from '../commands/service-ls.js';
import type { HomePresenter } from './home-view.js';

const HINT = 'Ctrl-C ends the home. In another terminal: raspy device ls, raspy service ls, raspy --help';

/** For a terminal: both tables, updating in place. */
export function livePresenter(region: LiveRegion, readyLine: (endpoint: string) => string): HomePresenter {
  let title = '';
  let tables: readonly string[] = [];
  const update = (note: string): void => {
    region.update([title, '', ...tables, ...(tables.length === 0 ? [] : ['']), note]);
  };
  return {
    ready: (endpoint) => {
      title = readyLine(endpoint);
      update(HINT);
    },
    show: ({ services, devices }) => {
      tables = [...serviceTable(services), '', ...deviceTable(devices)];
      update(HINT);
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
