import { WebServer } from '@raspy/web/server';
import { contextOf, type ServerSurroundings } from './server-context.js';

/** Tried when the usual port is taken, since another home may have it: one that was asked for is taken or not. */
const FURTHER_PORTS = 20;
const USUAL_PORT = 8_080;

/** Makes the server of browsers. */
export function composeWeb(surroundings: ServerSurroundings): WebServer {
  const { endpoint, plan } = surroundings;
  const isUsual = plan.settings['webPort'] === USUAL_PORT;
  return new WebServer({
    ...contextOf(surroundings),
    ...(endpoint !== undefined && { endpoint }),
    furtherPorts: isUsual ? FURTHER_PORTS : 0,
  });
}
