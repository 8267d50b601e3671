import fc from 'fast-check';
import { frameText } from '@raspy/wire';
import { hasPrefix, normalSubtree, subtreeFrame } from './subtree.js';

describe('a subtree as clients name it (PROTOCOLS §9.1)', () => {
  it.each([
    ['', ''],
    ['/', ''],
    ['///', ''],
    ['device', '/device/'],
    ['/device', '/device/'],
    ['device/', '/device/'],
    ['/device/', '/device/'],
    ['//device//', '/device/'],
    ['device/pi.fake', '/device/pi.fake/'],
    ['/a//b/', '/a//b/'],
    [' ', '/ /'],
    ['Gerät', '/Gerät/'],
  ])('%j is %j', (given, normal) => {
    expect(normalSubtree(given)).toBe(normal);
    expect(frameText(subtreeFrame(given))).toBe(normal);
  });

  it('is normal once it was made so', () => {
    fc.assert(
      fc.property(fc.string(), (subtree) => {
        const normal = normalSubtree(subtree);
        expect(normalSubtree(normal)).toBe(normal);
        expect(normal === '' || /^\/.*[^/].*\/$/su.test(normal)).toBe(true);
      }),
    );
  });

  it('never means a sibling whose name begins alike', () => {
    expect(hasPrefix(Buffer.from('/devices/a'), subtreeFrame('/device'))).toBe(false);
    expect(hasPrefix(Buffer.from('/device/a'), subtreeFrame('/device'))).toBe(true);
    expect(hasPrefix(Buffer.from('/device'), subtreeFrame('/device'))).toBe(false);
  });
});

describe('a prefix', () => {
  it('is what bytes begin with', () => {
    const frame = fc.uint8Array({ maxLength: 6, max: 3 });
    fc.assert(
      fc.property(frame, frame, (bytes, prefix) => {
        const begins = Buffer.from(bytes.subarray(0, prefix.length)).equals(prefix);
        expect(hasPrefix(bytes, prefix)).toBe(begins);
        expect(hasPrefix(Buffer.concat([prefix, bytes]), prefix)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
