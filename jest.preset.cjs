// One jest configuration for every project: swc to CommonJS, sources instead of dist, and the coverage gate.
const path = require('node:path');

const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', dynamicImport: true },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
  swcrc: false,
};

module.exports = {
  testEnvironment: path.join(__dirname, 'tools/workspace/quick-globals.cjs'),
  // Tests wait on conditions; this only bounds one that will never come, on a machine that is slow just then.
  testTimeout: 30_000,
  testMatch: ['**/src/**/*.spec.ts', '**/test/**/*.spec.ts'],
  transform: { '^.+\\.[cm]?[tj]s$': [require.resolve('@swc/jest'), swc] },
  // ESM-only dependencies that jest has to transform, since it cannot require() them on Node 20 and 22.
  transformIgnorePatterns: ['/node_modules/(?!(inversify|@inversifyjs)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Jest adds 'import' or 'require' by itself; naming them here would break dual packages.
  testEnvironmentOptions: { customExportConditions: ['@raspy/source', 'node', 'node-addons'] },
  setupFilesAfterEnv: [path.join(__dirname, 'tools/workspace/fail-on-console.cjs')],
  reporters: ['default', path.join(__dirname, 'tools/workspace/count-reporter.cjs')],
  collectCoverage: true,
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts', '!src/**/index.ts', '!src/main.ts'],
  coverageDirectory: 'test-output/coverage',
  coverageReporters: ['text-summary', 'lcovonly', 'json-summary'],
  coverageThreshold: { global: { lines: 90 } },
};
