import { main, runServer } from '@raspy/runtime';
import { titanicDefinition } from './definition.js';

main((host) => runServer(titanicDefinition, host));
