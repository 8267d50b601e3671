import { main } from '@raspy/runtime';
import { runTool } from '@raspy/runtime/cli';
import { raspyTool } from './tool.js';

main((host) => runTool(raspyTool(), host));
