/** Keys of one peer, each 40 characters of Z85 (RFC 32) for 32 bytes. */
export interface CurveKeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** A bound socket that talks to nobody without CURVE (RFC 26). */
export interface CurveServer {
  readonly role: 'server';
  readonly secretKey: string;
  /** Public keys of the clients that may connect (checked by ZAP, RFC 27), or `any` for whoever has the server's key. */
  readonly allow: readonly string[] | 'any';
}

/** A connecting socket that talks only to the server with this key. */
export interface CurveClient extends CurveKeyPair {
  readonly role: 'client';
  readonly serverKey: string;
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Z85 text (RFC 32) of bytes whose length is a multiple of four. */
export function z85Encode(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let value = view.getUint32(at);
    let group = '';
    for (let i = 0; i < 5; i++) {
      group = Z85.charAt(value % 85) + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}

/** Whether `text` has the form of a CURVE key: 40 characters of Z85. */
export function isCurveKey(text: string): boolean {
  return text.length === 40 && Array.from(text).every((character) => Z85.includes(character));
}
