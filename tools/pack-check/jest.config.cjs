module.exports = {
  displayName: 'pack-check',
  preset: '../../jest.preset.cjs',
  // Nothing of this project is ever shipped: there is no code here that a test could leave uncovered.
  collectCoverage: false,
  globalSetup: './test/setup.ts',
  globalTeardown: './test/teardown.ts',
  // What they run waits more than it computes.
  maxWorkers: 2,
  testTimeout: 360_000,
};
