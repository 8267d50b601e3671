import 'reflect-metadata';
import type { Part } from '@raspy/runtime';
import { CORE_SERVER, coreServerModule } from '@raspy/runtime/core-server';
import { Container } from 'inversify';
import { clockDevice, plugin as clockPlugin } from '../built-in/clock.js';
import { contextOf, type ServerSurroundings } from './server-context.js';

/** Makes the server that decides. */
export function composeCore(surroundings: ServerSurroundings): Part {
  const { endpoint } = surroundings;
  const context = contextOf(surroundings);
  const container = new Container();
  container.load(
    coreServerModule({
      ...context,
      plugins: [clockPlugin],
      devices: [clockDevice('clock', context.settings.clock)],
      ...(endpoint !== undefined && { endpoint }),
    }),
  );
  return container.get(CORE_SERVER);
}
