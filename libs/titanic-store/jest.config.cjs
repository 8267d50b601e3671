module.exports = { displayName: 'titanic-store', preset: '../../jest.preset.cjs' };
