module.exports = { displayName: 'device-onewire', preset: '../../jest.preset.cjs' };
