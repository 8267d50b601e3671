import { main, runServer } from '@raspy/runtime';
import { onewireDefinition } from './definition.js';

main((host) => runServer(onewireDefinition, host));
