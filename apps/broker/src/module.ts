import 'reflect-metadata';
import type { Composition, ServerSurroundings } from '@raspy/runtime';
import {
  BROKER,
  BROKER_SERVER,
  brokerModule,
  KV_TREE,
  type BrokerValues,
} from '@raspy/runtime/broker-server';
import { Container } from 'inversify';

/** The broker, the key/value tree, then their server on the bus. */
export function composeBroker(surroundings: ServerSurroundings<BrokerValues>): Composition {
  const container = new Container();
  container.load(brokerModule(surroundings));
  const broker = container.get(BROKER);
  return {
    parts: [broker, container.get(KV_TREE), container.get(BROKER_SERVER)],
    ready: () => `on ${broker.endpoint}`,
  };
}
