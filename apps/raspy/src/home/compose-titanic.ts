import 'reflect-metadata';
import type { Part } from '@raspy/runtime';
import { TITANIC_PARTS, titanicModule } from '@raspy/runtime/titanic-server';
import { Container } from 'inversify';
import { contextOf, type ServerSurroundings } from './server-context.js';

/** Makes a Titanic for a broker that has none. */
export function composeTitanic(surroundings: ServerSurroundings): readonly Part[] {
  const container = new Container();
  container.load(titanicModule(contextOf(surroundings)));
  return container.get(TITANIC_PARTS);
}
