import 'reflect-metadata';
import type { Composition, ServerSurroundings, ServerValues } from '@raspy/runtime';
import { TITANIC_PARTS, titanicModule, type TitanicValues } from '@raspy/runtime/titanic-server';
import { Container } from 'inversify';

/** The store, its names on the bus, what sends the requests, and the server of it all. */
export function composeTitanic(surroundings: ServerSurroundings<ServerValues & TitanicValues>): Composition {
  const { settings } = surroundings;
  const container = new Container();
  container.load(titanicModule(surroundings));
  return {
    parts: container.get(TITANIC_PARTS),
    ready: () =>
      `as ${settings.hostname}.${settings.service} on tcp://${settings.brokerIp}:${settings.brokerPort}`,
  };
}
