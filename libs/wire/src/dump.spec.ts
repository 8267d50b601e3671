import { dumpFrames } from './dump.js';

describe('dumpFrames', () => {
  it('shows text as text, bytes as hex, and empty frames as such', () => {
    const dump = dumpFrames([
      Buffer.of(0, 0x80, 0, 0, 0x41),
      Buffer.alloc(0),
      Buffer.from('MDPC01'),
      Buffer.from('°C'),
    ]);
    expect(dump.split('\n')).toEqual([
      '-'.repeat(40),
      '[005] 0080000041',
      '[000]',
      '[006] MDPC01',
      '[003] °C',
    ]);
  });

  it('cuts long frames and never lets control characters at the terminal', () => {
    expect(dumpFrames([Buffer.from('abcdef')], { maxFrameBytes: 3 })).toContain('[006] abc…');
    expect(dumpFrames([Buffer.from('\u001b[2J')])).toContain('1b5b324a');
    expect(dumpFrames([Buffer.from('\u009b2J')])).toContain('c29b324a');
  });
});
