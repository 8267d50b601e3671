module.exports = { displayName: 'raspy-e2e', preset: '../../jest.preset.cjs' };
