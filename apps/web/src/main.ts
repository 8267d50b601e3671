import { main, runServer } from '@raspy/runtime';
import { webDefinition } from './definition.js';

main((host) => runServer(webDefinition, host));
