import { crc32, deflateSync } from 'node:zlib';

/** What a picture shows. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Its number, drawn in large figures. */
  readonly photo: number;
  /** Unix milliseconds; the hour decides the colour of the sky, and it stands below the number. */
  readonly at: number;
}

/** Figures of three by five dots, a row each. */
const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  0: ['###', '# #', '# #', '# #', '###'],
  1: [' # ', '## ', ' # ', ' # ', '###'],
  2: ['###', '  #', '###', '#  ', '###'],
  3: ['###', '  #', '###', '  #', '###'],
  4: ['# #', '# #', '###', '  #', '  #'],
  5: ['###', '#  ', '###', '  #', '###'],
  6: ['###', '#  ', '###', '# #', '###'],
  7: ['###', '  #', '  #', '  #', '  #'],
  8: ['###', '# #', '###', '# #', '###'],
  9: ['###', '# #', '###', '  #', '###'],
  ':': ['   ', ' # ', '   ', ' # ', '   '],
};
const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const DAY_MS = 86_400_000;

/** A sky that is brightest at noon (UTC) and darker to the ground, with number and time, as a PNG file. */
export function pngPicture(picture: Picture): Uint8Array {
  const { width, height, photo, at } = picture;
  const pixels = new Uint8Array(width * height * 3);
  const light = 0.25 + 0.75 * Math.sin((Math.PI * (((at % DAY_MS) + DAY_MS) % DAY_MS)) / DAY_MS);
  for (let y = 0; y < height; y++) {
    const shade = light * (1 - (0.6 * y) / height);
    for (let x = 0; x < width; x++) {
      pixels.set([90 * shade, 120 + (70 * shade * x) / width, 255 * shade], (y * width + x) * 3);
    }
  }
  write(pixels, picture, String(photo), 0.1, 0.5);
  write(pixels, picture, new Date(at).toISOString().slice(11, 19), 0.7, 0.2);
  return png(width, height, pixels);
}

/** Writes figures in white, centred: their top at this part of the height, at most so high and as wide as there is room. */
function write(
  pixels: Uint8Array,
  { width, height }: Picture,
  text: string,
  top: number,
  tallest: number,
): void {
  const columns = text.length * 4 - 1;
  const dot = Math.floor(Math.min((width * 0.9) / columns, (height * tallest) / 5));
  const left = Math.floor((width - columns * dot) / 2);
  Array.from(text).forEach((figure, index) => {
    GLYPHS[figure]!.forEach((row, line) => {
      Array.from(row).forEach((mark, column) => {
        if (mark !== '#') return;
        const x = left + (index * 4 + column) * dot;
        for (let y = 0; y < dot; y++) {
          const from = (Math.floor(top * height) + line * dot + y) * width + x;
          pixels.fill(255, from * 3, (from + dot) * 3);
        }
      });
    });
  });
}

/** A PNG file of 8 bits a colour. */
function png(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, 2); // red, green, blue
  // Each row begins with the number of its filter: 0, none.
  const rows = new Uint8Array(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (1 + width * 3) + 1);
  }
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Length, name, contents, and the checksum of the latter two. */
function chunk(name: string, contents: Uint8Array): Uint8Array {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), contents]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(contents.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
