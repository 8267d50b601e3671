import base, { mayImportInversify } from '../../eslint.config.mjs';

export default [...base, mayImportInversify];
