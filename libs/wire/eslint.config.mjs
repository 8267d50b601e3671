import base, { mayImportZeromq } from '../../eslint.config.mjs';

export default [...base, mayImportZeromq];
