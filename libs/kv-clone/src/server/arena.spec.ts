import fc from 'fast-check';
import { Arena, MAX_ARENA_RECORD, SLAB_BYTES } from './arena.js';

/** Writes a record and tells how to check it: no other record may touch its bytes. */
function fill(arena: Arena, place: number, bytes: number, mark: number): void {
  const at = arena.offset(place);
  arena.chunk(place).fill(mark, at, at + bytes);
}

function holds(arena: Arena, place: number, bytes: number, mark: number): boolean {
  const at = arena.offset(place);
  return arena
    .chunk(place)
    .subarray(at, at + bytes)
    .equals(Buffer.alloc(bytes, mark));
}

const SIZES = [
  1,
  15,
  16,
  17,
  511,
  512,
  513,
  639,
  640,
  641,
  1_023,
  1_024,
  1_025,
  4_096,
  4_097,
  16_383,
  MAX_ARENA_RECORD,
];

describe('an arena', () => {
  it('has a place for any size, whole and in one chunk', () => {
    const arena = new Arena();
    for (const size of SIZES) {
      const place = arena.allocate(size);
      expect(arena.offset(place) + size).toBeLessThanOrEqual(arena.chunk(place).length);
      expect(Number.isInteger(place)).toBe(true);
    }
  });

  it('gives what was freed to the next of the same class, whatever its size there', () => {
    const arena = new Arena();
    for (const size of SIZES) {
      const place = arena.allocate(size);
      arena.free(place);
      expect(arena.allocate(size)).toBe(place);
    }
    const place = arena.allocate(600);
    expect(arena.fits(600, 640)).toBe(true);
    arena.free(place);
    expect(arena.allocate(513)).toBe(place);
    expect(arena.fits(640, 641)).toBe(false);
  });

  it('wastes at most a quarter of a record above 512 bytes, and 15 bytes below', () => {
    const arena = new Arena();
    for (let size = 1; size <= MAX_ARENA_RECORD; size += size < 2_000 ? 1 : 97) {
      const largest = size <= 512 ? size + 15 : Math.ceil(size * 1.25);
      expect(arena.fits(size, largest + 1)).toBe(false);
    }
  });

  it('keeps records apart, whatever is allocated and freed', () => {
    const size = fc.oneof(fc.constantFrom(...SIZES), fc.integer({ min: 1, max: MAX_ARENA_RECORD }));
    const action = fc.tuple(size, fc.boolean(), fc.nat());
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const arena = new Arena();
        const records: { place: number; size: number; mark: number }[] = [];
        for (const [i, [size, isNew, which]] of actions.entries()) {
          if (isNew || records.length === 0) {
            const record = { place: arena.allocate(size), size, mark: i % 251 };
            fill(arena, record.place, size, record.mark);
            records.push(record);
          } else {
            const [gone] = records.splice(which % records.length, 1);
            arena.free(gone!.place);
          }
        }
        for (const { place, size, mark } of records) expect(holds(arena, place, size, mark)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('reserves nothing until something is allocated, and then no more than it needs', () => {
    const arena = new Arena();
    expect(arena.reserved).toBe(0);
    for (let i = 0; i < SLAB_BYTES / 16; i++) arena.allocate(16);
    expect(arena.reserved).toBe(SLAB_BYTES);
    arena.allocate(1);
    expect(arena.reserved).toBe(2 * SLAB_BYTES);
  });

  it('gives the room of one class to the next when all records move on, through every class that there is', () => {
    const arena = new Arena();
    let places: number[] = [];
    let live = 0;
    let sizes = 0;
    for (let size = 16; size <= MAX_ARENA_RECORD; size = Math.max(size + 16, Math.floor(size * 1.26))) {
      // As values do that are set one by one: each moves before the next.
      places = Array.from({ length: 2_000 }, (_, i) => {
        const place = arena.allocate(size);
        if (places[i] !== undefined) arena.free(places[i]);
        return place;
      });
      live = 2_000 * size;
      sizes++;
    }
    expect(sizes).toBeGreaterThan(20);
    // Beside what is live: the last class, of which little is left, spare slabs, and the ends of slabs.
    expect(arena.reserved).toBeLessThan(live * 1.35 + 65 * SLAB_BYTES);
  });

  it('gives memory back when nearly everything goes, and uses the places again', () => {
    const arena = new Arena();
    const places = Array.from({ length: 100_000 }, () => arena.allocate(128));
    const full = arena.reserved;
    for (const place of places) arena.free(place);
    expect(arena.reserved).toBeLessThan(full / 2);
    const again = Array.from({ length: 100_000 }, () => arena.allocate(256));
    expect(new Set(again).size).toBe(100_000);
    for (const [i, place] of again.entries()) fill(arena, place, 256, i % 251);
    expect(again.every((place, i) => holds(arena, place, 256, i % 251))).toBe(true);
  });
});
