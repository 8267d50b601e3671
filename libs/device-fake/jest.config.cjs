module.exports = { displayName: 'device-fake', preset: '../../jest.preset.cjs' };
