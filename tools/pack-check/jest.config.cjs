module.exports = {
  displayName: 'pack-check',
  preset: '../../jest.preset.cjs',
  // Nothing of this project is ever shipped: there is no code here that a test could leave uncovered.
  collectCoverage: false,
  // Installing waits more than it computes.
  maxWorkers: 2,
};
