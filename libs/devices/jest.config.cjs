module.exports = { displayName: 'devices', preset: '../../jest.preset.cjs' };
