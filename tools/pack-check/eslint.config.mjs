import base from '../../eslint.config.mjs';

// What strangers write, they compile: with what is installed at theirs.
export default [...base, { ignores: ['test/stranger/raspy-plugin-stranger'] }];
