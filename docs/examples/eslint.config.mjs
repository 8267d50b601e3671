import base from '../../eslint.config.mjs';

export default [
  ...base,
  // An example talks to the person who runs it.
  { files: ['typescript/**/*.ts'], rules: { 'no-console': 'off' } },
];
