import { encodeSignal, encodeWorkerRequest } from '../../src/codec.js';
import type { WorkerEvent, WorkerMachineOptions, WorkerPort } from '../../src/worker/session-types.js';
import { WorkerMachine } from '../../src/worker/worker-machine.js';
import { frames, Rig, texts } from './rig.js';

const NOBODY = Buffer.alloc(0);

/** A worker machine and the broker's part, played by hand. No jitter unless `random` is given. */
export class WorkerRig extends Rig<WorkerPort, WorkerEvent, WorkerMachine> {
  readonly #version: 1 | 2;

  constructor(options: Partial<WorkerMachineOptions> = {}) {
    super(
      new WorkerMachine({
        service: Buffer.from('echo'),
        version: 1,
        heartbeatIntervalMs: 1_000,
        heartbeatLiveness: 5,
        reconnectDelayMs: 3_000,
        random: () => 0.5,
        ...options,
      }),
    );
    this.#version = options.version ?? 1;
  }

  get worker(): WorkerMachine {
    return this.machine;
  }

  /** Connected, READY sent, and what came of it taken. */
  static ready(options: Partial<WorkerMachineOptions> = {}): WorkerRig {
    const rig = new WorkerRig(options);
    rig.up('broker');
    rig.takeSent();
    rig.takeEvents();
    return rig;
  }

  request(address: string, ...body: string[]): void {
    const [, ...message] = encodeWorkerRequest(this.#version, NOBODY, Buffer.from(address), frames(...body));
    this.receive('broker', message);
  }

  signal(signal: 'heartbeat' | 'disconnect'): void {
    this.receive('broker', encodeSignal(signal, this.#version));
  }

  reply(job: number, ...body: string[]): void {
    this.step((now) => this.worker.reply(now, job, frames(...body)));
  }

  partial(job: number, ...body: string[]): void {
    this.step((now) => this.worker.partial(now, job, frames(...body)));
  }

  stop(): void {
    this.step((now) => this.worker.stop(now));
  }

  abandon(): void {
    this.step((now) => this.worker.abandon(now));
  }

  /** What was sent since the last call, as texts joined by `|`. */
  wire(): string[] {
    return this.takeSent().map(({ frames: message }) => texts(message).join('|'));
  }

  /** What was told since the last call, in short. */
  told(): string[] {
    return this.takeEvents().map((event) => {
      switch (event.type) {
        case 'status':
          return event.status;
        case 'job':
          return `job ${event.job}: ${texts(event.body).join(' ')}`;
        case 'job-lost':
          return `lost ${event.job}: ${event.reason}`;
        case 'partials-overflow':
          return `overflow ${event.job}`;
        case 'stopped':
          return 'stopped';
      }
    });
  }
}

export const READY = '|MDPW01|\\x01|echo';
export const HEARTBEAT = '|MDPW01|\\x04';
export const DISCONNECT = '|MDPW01|\\x05';
