const preset = require('../../jest.preset.cjs');

module.exports = {
  displayName: 'web',
  preset: '../../jest.preset.cjs',
  // The validator of OpenAPI documents is ESM alone, too.
  transformIgnorePatterns: preset.transformIgnorePatterns.map((pattern) =>
    pattern.replace('inversify|', 'inversify|@seriousme|'),
  ),
  // What of the page is drawn is tested in a browser, where coverage is not counted; what it reckons with is here.
  collectCoverageFrom: [...preset.collectCoverageFrom, 'ui/model/**/*.ts'],
};
