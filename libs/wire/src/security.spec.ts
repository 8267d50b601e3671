import { isCurveKey, z85Encode } from './security.js';

describe('Z85', () => {
  it('encodes the example of RFC 32', () => {
    expect(z85Encode(Buffer.from('864fd26fb559f75b', 'hex'))).toBe('HelloWorld');
  });

  it('knows a key by its form', () => {
    expect(isCurveKey('rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7')).toBe(true);
    expect(isCurveKey('rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf')).toBe(false);
    expect(isCurveKey('"q:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7')).toBe(false);
  });
});
