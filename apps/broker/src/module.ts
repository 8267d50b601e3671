import 'reflect-metadata';
import type { Composition, ServerSurroundings } from '@raspy/runtime';
import { BROKER, BROKER_PARTS, brokerModule, type BrokerValues } from '@raspy/runtime/broker-server';
import { Container } from 'inversify';

/** The broker with Titanic and the key/value tree, and their server on the bus. */
export function composeBroker(surroundings: ServerSurroundings<BrokerValues>): Composition {
  const container = new Container();
  container.load(brokerModule(surroundings));
  const broker = container.get(BROKER);
  return {
    parts: container.get(BROKER_PARTS),
    ready: () => `on ${broker.endpoint}`,
  };
}
