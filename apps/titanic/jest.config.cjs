module.exports = { displayName: 'titanic', preset: '../../jest.preset.cjs' };
