import { main, VERSION } from '@raspy/runtime';
import { runTool } from '@raspy/runtime/cli';

main(async (host) => {
  if (host.argv[0] !== 'host') return runTool((await import('./tool.js')).raspyTool(), host);
  // A host lives for long beside others, and pays for none of the other commands.
  const { host: command } = await import('./commands/host.js');
  const tool = { name: 'raspy', version: VERSION, summary: 'Runs a device server.', commands: [command()] };
  return runTool(tool, host);
});
