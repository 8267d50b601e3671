module.exports = {
  displayName: 'raspy-e2e',
  preset: '../../jest.preset.cjs',
  // Processes have no coverage to collect; each test starts and stops its own.
  collectCoverage: false,
  testTimeout: 60_000,
  // They wait more than they compute; as many at a time as an ordinary machine has cores.
  maxWorkers: 2,
};
