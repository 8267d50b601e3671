module.exports = { displayName: 'fake', preset: '../../jest.preset.cjs' };
