module.exports = { displayName: 'device-clock', preset: '../../jest.preset.cjs' };
