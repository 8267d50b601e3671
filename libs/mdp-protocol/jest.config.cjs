module.exports = { displayName: 'mdp-protocol', preset: '../../jest.preset.cjs' };
