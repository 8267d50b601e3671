import 'reflect-metadata';
import type { Part } from '@raspy/runtime';
import { BROKER, BROKER_PARTS, brokerModule } from '@raspy/runtime/broker-server';
import { Container } from 'inversify';
import { contextOf, type ServerSurroundings } from './server-context.js';

/** The broker of a home, with the key/value tree, their server on the bus, and Titanic where it is on. */
export interface ComposedBroker {
  /** In the order in which they start. */
  readonly parts: readonly Part[];
  /** Where it is bound; once it runs. */
  readonly endpoint: () => string;
}

/** Makes a broker. */
export function composeBroker(surroundings: ServerSurroundings): ComposedBroker {
  const container = new Container();
  container.load(brokerModule(contextOf(surroundings)));
  const broker = container.get(BROKER);
  return { parts: container.get(BROKER_PARTS), endpoint: () => broker.endpoint };
}
