import { main, runServer } from '@raspy/runtime';
import { fakeDefinition } from './definition.js';

main((host) => runServer(fakeDefinition, host));
