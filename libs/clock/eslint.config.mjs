import base, { mayUseMachineTime } from '../../eslint.config.mjs';

export default [...base, mayUseMachineTime('src/system-clock.ts')];
