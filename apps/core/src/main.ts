import { main, runServer } from '@raspy/runtime';
import { coreDefinition } from './definition.js';

main((host) => runServer(coreDefinition, host));
