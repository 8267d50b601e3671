// Leaves each project's counts in test-output/counts.json, from where the closing line of the test command is summed.
const fs = require('node:fs');
const path = require('node:path');

// A run whose tests are done and which still lives has left a socket, timer or process open somewhere.
const EXIT_WITHIN_MS = 15_000;

module.exports = class CountReporter {
  constructor(globalConfig) {
    this.rootDir = globalConfig.rootDir;
    this.watching = globalConfig.watch || globalConfig.watchAll;
  }

  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    this.write(counts);
    if (this.watching) return;
    const hung = () => {
      process.stderr.write('The tests are done, but something they opened keeps the process alive.\n');
      this.write({ ...counts, failed: counts.failed + 1 });
      process.exit(1);
    };
    setTimeout(hung, EXIT_WITHIN_MS).unref();
  }

  write(counts) {
    const folder = path.join(this.rootDir, 'test-output');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'counts.json'), JSON.stringify(counts) + '\n');
  }
};
