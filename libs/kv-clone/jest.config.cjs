module.exports = { displayName: 'kv-clone', preset: '../../jest.preset.cjs' };
