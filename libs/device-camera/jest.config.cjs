module.exports = { displayName: 'device-camera', preset: '../../jest.preset.cjs' };
