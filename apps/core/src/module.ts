import 'reflect-metadata';
import type { Composition, ServerSurroundings, ServerValues } from '@raspy/runtime';
import { CORE_SERVER, coreServerModule, type CoreValues } from '@raspy/runtime/core-server';
import { Container } from 'inversify';

/** The server of the jobs. */
export function composeCore(surroundings: ServerSurroundings<ServerValues & CoreValues>): Composition {
  const { settings } = surroundings;
  const container = new Container();
  container.load(coreServerModule(surroundings));
  const server = container.get(CORE_SERVER);
  return {
    parts: [server],
    ready: () => `as ${server.name} on tcp://${settings.brokerIp}:${settings.brokerPort}`,
  };
}
