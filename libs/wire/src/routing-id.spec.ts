import { textFrame } from './frames.js';
import { peerText } from './routing-id.js';

describe('a routing id for people', () => {
  it('is text where it can be read, else hex', () => {
    expect(peerText(textFrame('3F2A-90C1'))).toBe('3F2A-90C1');
    expect(peerText(Buffer.from('0080000041', 'hex'))).toBe('0080000041');
    expect(peerText(textFrame('é'))).toBe('c3a9');
    expect(peerText(undefined)).toBe('');
  });
});
