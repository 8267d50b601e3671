module.exports = { displayName: 'storage-lmdb', preset: '../../jest.preset.cjs' };
