// A unit test that prints is a unit test that hides something: any console output fails it.
for (const method of ['log', 'info', 'warn', 'error', 'debug']) {
  console[method] = (...args) => {
    throw new Error(`unexpected console.${method} in a test: ${args.map(String).join(' ')}`);
  };
}
