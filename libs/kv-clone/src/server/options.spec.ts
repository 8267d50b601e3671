import { KvOptionError } from '../option-error.js';
import { resolveKvServerOptions, type KvServerOptions } from './options.js';

describe('options of a server', () => {
  it('have the defaults that they document', () => {
    expect(resolveKvServerOptions({})).toEqual({
      maxKeyBytes: 4_096,
      maxBodyBytes: 1_048_576,
      maxKeys: 1_000_000,
      maxTotalBytes: 268_435_456,
      maxPropertiesBytes: 1_024,
      hugzMs: 1_000,
      flushMs: 500,
      legacy4: false,
      maxSnapshots: 1_000,
      maxSnapshotsPerPeer: 8,
      minimumSeq: 0,
      maxKeptBytes: 67_108_864,
    });
  });

  it('that are undefined are not given, and those of others are passed over', () => {
    const given = { maxKeys: undefined, chp: {}, legacy4: true } as unknown as KvServerOptions;
    const resolved = resolveKvServerOptions(given);
    expect([resolved.maxKeys, resolved.legacy4, 'chp' in resolved]).toEqual([1_000_000, true, false]);
  });

  it.each<[KvServerOptions, string]>([
    [{ maxKeyBytes: 0 }, 'maxKeyBytes is 0'],
    [{ maxKeyBytes: 65_536 }, 'maxKeyBytes is 65536'],
    [{ maxBodyBytes: 1.5 }, 'maxBodyBytes is 1.5'],
    [{ maxKeys: -1 }, 'maxKeys is -1'],
    [{ maxTotalBytes: NaN }, 'maxTotalBytes is NaN'],
    [{ maxSnapshots: 0 }, 'maxSnapshots is 0'],
    [{ maxSnapshotsPerPeer: 0 }, 'maxSnapshotsPerPeer is 0'],
    [{ maxPropertiesBytes: -1 }, 'maxPropertiesBytes is -1'],
    [{ maxKeptBytes: -1 }, 'maxKeptBytes is -1'],
    [{ hugzMs: 0 }, 'hugzMs is 0'],
    [{ flushMs: Infinity }, 'flushMs is Infinity'],
  ])('%j has no meaning', (options, mistake) => {
    expect(() => resolveKvServerOptions(options)).toThrow(mistake);
  });

  it('tell all mistakes at once', () => {
    let told: unknown;
    try {
      resolveKvServerOptions({ maxKeys: 0, hugzMs: -1 });
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(KvOptionError);
    expect((told as KvOptionError).mistakes).toHaveLength(2);
  });
});
