import { frameKey, frameText, type Frame, type Frames } from '@raspy/wire';
import type { AttemptOutcome } from '../../src/machine/attempts.js';
import type { TitanicBus } from '../../src/server/bus.js';

/** What a Titanic has sent, until it is answered. */
interface Sent {
  readonly service: string;
  readonly body: Frames;
  readonly ttlMs: number;
  readonly answer: (outcome: AttemptOutcome) => void;
}

/** A bus whose services are a test's hands. */
export class FakeBus implements TitanicBus {
  readonly sent: Sent[] = [];
  readonly watched = new Map<string, (workers: number) => void>();
  isClosed = false;
  /** What `send` rejects with, against its promise. */
  mistake: Error | undefined;

  watch(service: Frame, tell: (workers: number) => void): () => void {
    if (this.isClosed) throw new Error('a bus that is closed watches nothing');
    this.watched.set(frameText(service), tell);
    return () => this.watched.delete(frameText(service));
  }

  send(service: Frame, body: Frames, { ttlMs }: { readonly ttlMs: number }): Promise<AttemptOutcome> {
    if (this.mistake !== undefined) return Promise.reject(this.mistake);
    return new Promise((answer) => this.sent.push({ service: frameText(service), body, ttlMs, answer }));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  workers(service: string, workers: number): void {
    this.watched.get(service)?.(workers);
  }
}

/** Ends every turn that is ready, and those that they lead to. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Frames as hexadecimal digits, as protocols are written. */
export function hex(frames: Frames): string[] {
  return frames.map((frame) => frameHex(frame));
}

function frameHex(frame: Frame): string {
  return Buffer.from(frameKey(frame), 'latin1').toString('hex');
}
