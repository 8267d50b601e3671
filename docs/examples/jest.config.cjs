module.exports = {
  displayName: 'examples',
  preset: '../../jest.preset.cjs',
  // The examples run as processes of their own, as a reader would run them.
  collectCoverage: false,
};
