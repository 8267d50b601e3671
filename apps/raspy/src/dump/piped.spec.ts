import { linesOf } from './piped.js';

async function lines(...chunks: Uint8Array[]): Promise<string[]> {
  async function* stream() {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  const found: string[] = [];
  for await (const line of linesOf(stream())) found.push(line);
  return found;
}

it('puts lines together, characters that were cut in two included', async () => {
  const bytes = Buffer.from('é1\né2');
  expect(await lines(bytes.subarray(0, 1), bytes.subarray(1, 5), bytes.subarray(5))).toEqual(['é1', 'é2']);
  expect(await lines()).toEqual([]);
});
