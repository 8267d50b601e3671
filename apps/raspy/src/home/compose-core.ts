import 'reflect-metadata';
import type { Part } from '@raspy/runtime';
import { CORE_SERVER, coreServerModule } from '@raspy/runtime/core-server';
import { Container } from 'inversify';
import { contextOf, type ServerSurroundings } from './server-context.js';

/** Makes the server that decides. */
export function composeCore(surroundings: ServerSurroundings): Part {
  const { endpoint } = surroundings;
  const container = new Container();
  container.load(
    coreServerModule({ ...contextOf(surroundings), ...(endpoint !== undefined && { endpoint }) }),
  );
  return container.get(CORE_SERVER);
}
