module.exports = { displayName: 'raspy', preset: '../../jest.preset.cjs' };
