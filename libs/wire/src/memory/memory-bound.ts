import type { Frames } from '../frames.js';
import type { BoundKind, FrameSocketHandlers } from '../socket.js';
import type { BoundEnd, Fabric, MemoryLink } from './memory-link.js';

/** What the bound sockets in memory have in common. */
export abstract class MemoryBound implements BoundEnd {
  abstract readonly kind: BoundKind;
  protected handlers: FrameSocketHandlers | undefined;
  protected closed = false;
  protected readonly links = new Set<MemoryLink>();

  constructor(
    protected readonly fabric: Fabric,
    readonly endpoint: string,
  ) {}

  get started(): boolean {
    return this.handlers !== undefined && !this.closed;
  }

  get queued(): number {
    let sum = 0;
    for (const { fromBound } of this.links) sum += fromBound.queued;
    return sum;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.handlers = handlers;
    this.fabric.boundStarted(this);
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.fabric.forgetBound(this);
      // Last words still arrive.
      for (const { end } of [...this.links]) end.unlink(false);
    }
    return Promise.resolve();
  }

  meet(link: MemoryLink): void {
    this.links.add(link);
  }

  forget(link: MemoryLink): void {
    this.links.delete(link);
  }

  abstract send(frames: Frames, confirm?: boolean): boolean;

  take(_link: MemoryLink, frames: Frames): void {
    if (!this.closed) this.handlers?.message(frames);
  }
}

/** A pull in memory. */
export class MemoryPull extends MemoryBound {
  readonly kind = 'pull';

  send(): boolean {
    return false;
  }
}
