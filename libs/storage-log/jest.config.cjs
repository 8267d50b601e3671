module.exports = { displayName: 'storage-log', preset: '../../jest.preset.cjs' };
