module.exports = { displayName: 'onewire', preset: '../../jest.preset.cjs' };
