import type { Frames } from '../frames.js';
import type { FrameSocket, FrameSocketHandlers } from '../socket.js';
import { MessageQueue } from '../queue.js';
import { DEFAULT_SEND_QUEUE_BYTES, DEFAULT_SEND_QUEUE_MESSAGES } from '../socket.js';

/**
 * Two connected sockets in this process, as the guide's `zpipe`: what one sends the other receives, in a later
 * microtask. Each side buffers 1,000 messages or 64 MiB until the other is started; then `send` says no.
 */
export function createPipe(): [FrameSocket, FrameSocket] {
  const a = new PipeEnd('inproc://pipe/a');
  const b = new PipeEnd('inproc://pipe/b');
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class PipeEnd implements FrameSocket {
  peer: PipeEnd | undefined;
  readonly #inbox = new MessageQueue();
  #handlers: FrameSocketHandlers | undefined;
  #scheduled = false;
  #closed = false;

  constructor(readonly endpoint: string) {}

  get queued(): number {
    return this.peer?.inboxLength ?? 0;
  }

  get inboxLength(): number {
    return this.#inbox.length;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.#handlers = handlers;
    queueMicrotask(() => {
      if (this.peer !== undefined) handlers.link(true);
    });
    this.#deliverLater();
  }

  send(frames: Frames, confirm = false): boolean {
    const taken = this.peer?.take(frames) ?? false;
    if (taken && confirm) {
      queueMicrotask(() => {
        if (!this.#closed) this.#handlers?.delivered?.(frames);
      });
    }
    return taken;
  }

  take(frames: Frames): boolean {
    const taken = this.#inbox.offer(frames, DEFAULT_SEND_QUEUE_MESSAGES, DEFAULT_SEND_QUEUE_BYTES);
    this.#deliverLater();
    return taken;
  }

  close(): Promise<void> {
    this.#closed = true;
    const peer = this.peer;
    this.peer = undefined;
    peer?.hangUp();
    return Promise.resolve();
  }

  hangUp(): void {
    // What was sent before the other side closed still arrives; then the link goes down.
    queueMicrotask(() => {
      if (this.peer === undefined) return;
      this.#deliver();
      this.peer = undefined;
      this.#handlers?.link(false);
    });
  }

  #deliverLater(): void {
    if (this.#scheduled || this.#handlers === undefined || this.#inbox.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#handlers === undefined || this.peer === undefined) return;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.#handlers.message(next);
    }
  }
}
