module.exports = {
  displayName: 'raspy-e2e',
  preset: '../../jest.preset.cjs',
  // Processes have no coverage to collect; each test starts and stops its own.
  collectCoverage: false,
  testTimeout: 60_000,
};
