import base, { mayImportInversify, mayUseMachineTime } from '../../eslint.config.mjs';

export default [...base, mayImportInversify, mayUseMachineTime('src/lifecycle/node-host.ts')];
