import { ExitCode, StatisticsBoard, StatisticsMirror, toolSettings } from '@raspy/runtime';
import { command, type Command } from '@raspy/runtime/cli';
import { withBus } from '../bus.js';
import { askStatistics, serversWithStatistics } from '../statistics.js';
import type { ToolOptions } from '../tool.js';

/** `raspy mib` */
export function mib(options: ToolOptions): Command {
  return command({
    words: 'mib',
    summary: 'Print the MIB file of what the servers that run tell by SNMP',
    details:
      'Made of their statistics; numbers stay the same from one version to the next. Put it where your SNMP manager looks for ' +
      'its MIB files, as RASPY-MIB.txt.',
    settings: {
      brokerIp: toolSettings.brokerIp,
      brokerPort: toolSettings.brokerPort,
      timeoutMs: toolSettings.timeoutMs,
    },
    examples: [['raspy mib > RASPY-MIB.txt', 'for snmpwalk -M +. -m RASPY-MIB']],
    run: ({ settings, host }) =>
      withBus(settings, host.clock, options, async (bus) => {
        const [{ mibFile }, { homeRegistry }] = await Promise.all([
          import('../mib-file.js'),
          import('../home/home-registry.js'),
        ]);
        const board = new StatisticsBoard();
        const { clock } = host;
        board.add(homeRegistry(clock).registry);
        for (const server of await serversWithStatistics(bus)) {
          await new StatisticsMirror({
            server,
            board,
            clock,
            ask: (action) => askStatistics(bus.client, server, action),
          }).look();
        }
        host.stdout.write(mibFile({ managers: board.managers }));
        board.close();
        return ExitCode.OK;
      }),
  });
}
