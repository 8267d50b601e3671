import { main, runServer } from '@raspy/runtime';
import { brokerDefinition } from './definition.js';

main((host) => runServer(brokerDefinition, host));
