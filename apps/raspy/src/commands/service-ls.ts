import { ExitCode, toolSettings } from '@raspy/runtime';
import { command, renderTable, type Command } from '@raspy/runtime/cli';
import type { Bus } from '../bus.js';
import { withBus } from '../bus.js';
import type { ToolOptions } from '../tool.js';

/** A service of the home; without numbers where the broker cannot tell them. */
export interface ServiceRow {
  readonly name: string;
  readonly idle?: number;
  readonly busy?: number;
  readonly queued?: number;
}

/** `raspy service ls` */
export function serviceLs(options: ToolOptions): Command {
  return command({
    words: 'service ls',
    summary: 'List the services that have workers',
    settings: toolSettings,
    run: ({ settings, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const services = await listServices(bus);
        const lines = settings.json ? services.map((row) => JSON.stringify(row)) : serviceTable(services);
        host.stdout.write(`${lines.join('\n')}\n`);
        return ExitCode.OK;
      }),
  });
}

/** The services of the home, by name. */
export async function listServices({ mmi }: Bus): Promise<ServiceRow[]> {
  try {
    return [...(await mmi.workers()).services].sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SERVICE_STATUS') throw error;
    // A broker without our extension tells names alone.
    return (await mmi.discover('.*')).map((name) => ({ name }));
  }
}

/** The services as lines for people. */
export function serviceTable(services: readonly ServiceRow[]): string[] {
  return renderTable(
    ['SERVICE', 'WORKERS', 'BUSY', 'WAITING'],
    services.map(({ name, idle, busy, queued }) => [
      name,
      idle === undefined || busy === undefined ? '?' : String(idle + busy),
      busy === undefined ? '?' : String(busy),
      queued === undefined ? '?' : String(queued),
    ]),
  );
}

/** The same with one line a server, which has its services side by side. */
export function serverTable(services: readonly ServiceRow[]): string[] {
  const servers = new Map<string, ServiceRow[]>();
  for (const row of services) {
    const server = row.name.split('.').slice(0, -1).join('.');
    servers.set(server, [...(servers.get(server) ?? []), row]);
  }
  const sum = (rows: readonly ServiceRow[], of: 'busy' | 'queued'): string =>
    rows.some((row) => row[of] === undefined)
      ? '?'
      : String(rows.reduce((all, row) => all + (row[of] ?? 0), 0));
  return renderTable(
    ['SERVER', 'SERVICES', 'BUSY', 'WAITING'],
    [...servers].map(([server, rows]) => [
      server,
      rows.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)).join(' '),
      sum(rows, 'busy'),
      sum(rows, 'queued'),
    ]),
  );
}
