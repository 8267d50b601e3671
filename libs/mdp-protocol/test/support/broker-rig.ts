import { frameText, textFrame, type Frame, type Frames, type UndeliveredReason } from '@raspy/wire';
import type { BrokerEvent } from '../../src/broker/events.js';
import { MajordomoBroker, type MajordomoBrokerOptions } from '../../src/broker/majordomo-broker.js';
import type { BrokerEffect } from '../../src/broker/outbox.js';
import type { BrokerSignal, BuiltinAnswer } from '../../src/broker/signals.js';
import {
  decodeToClient,
  decodeToWorker,
  encodeClientRequest,
  encodeParting,
  encodeReady,
  encodeSignal,
  encodeWorkerReply,
  type MdpVersion,
} from '../../src/codec.js';

export type Undeliver = (frames: Frames) => UndeliveredReason | undefined;

/** A broker machine with peers that speak raw frames, and time that moves when told. */
export class BrokerRig {
  readonly machine: MajordomoBroker;
  readonly events: BrokerEvent[] = [];
  /** What is told to the process, and not to the operator. */
  readonly signals: BrokerSignal[] = [];
  /** Everything the broker sent, as it sent it. */
  readonly sent: Frames[] = [];
  now = 1_000;
  /** Decides which messages do not leave, as a full send queue says at once. */
  undeliver: Undeliver = () => undefined;
  readonly #inboxes = new Map<string, Frames[]>();
  #tokens = 0;
  #tickets = 0;

  constructor(options: Partial<MajordomoBrokerOptions> = {}) {
    this.machine = new MajordomoBroker({ entropy: (bytes) => this.#token(bytes), ...options });
    this.apply(this.machine.tick(this.now));
  }

  client(id: string, version: MdpVersion = 1): RawClient {
    return new RawClient(this, id, version);
  }

  /** A worker that has not said READY yet. */
  peer(id: string, version: MdpVersion = 1): RawWorker {
    return new RawWorker(this, id, version);
  }

  /** A worker that has said READY. */
  worker(id: string, service: string, version: MdpVersion = 1): RawWorker {
    const worker = this.peer(id, version);
    worker.ready(service);
    return worker;
  }

  receive(id: string, frames: Frames): void {
    this.apply(this.machine.receive(this.now, 'frontend', [textFrame(id), ...frames]));
  }

  /** A request of the process itself. @returns its ticket */
  request(service: string, body: readonly string[], ttlMs?: number): number {
    const ticket = ++this.#tickets;
    const request = { ticket, service: textFrame(service), body: body.map(textFrame), ttlMs };
    this.apply(this.machine.request(this.now, request));
    return ticket;
  }

  /** Answers requests for built-in services. */
  answer(...answers: BuiltinAnswer[]): void {
    this.apply(this.machine.answer(this.now, answers));
  }

  /** How the process's own requests ended, those of this ticket: a body, or the reason of a failure. */
  outcomes(ticket: number): (string[] | string)[] {
    return this.signals.flatMap<string[] | string>((signal) => {
      if (signal.type === 'local-failure' && signal.ticket === ticket) return [signal.reason];
      return signal.type === 'local-reply' && signal.ticket === ticket ? [signal.body.map(frameText)] : [];
    });
  }

  /** The requests for built-in services so far. */
  builtinRequests(): { ticket: number; service: string; body: string[] }[] {
    return this.signals.flatMap((signal) =>
      signal.type === 'builtin-request'
        ? [{ ticket: signal.ticket, service: signal.service, body: signal.body.map(frameText) }]
        : [],
    );
  }

  /** The transport says that what was sent did not leave. */
  undelivered(frames: Frames, why: UndeliveredReason = 'unreachable'): void {
    this.apply(this.machine.undelivered(this.now, 'frontend', frames, why));
  }

  /** Time passes as on an unburdened machine: every deadline is met. */
  advance(span: number, meanwhile?: () => void): void {
    const end = this.now + span;
    while (this.machine.nextDeadline <= end) {
      this.now = Math.max(this.now, this.machine.nextDeadline);
      this.apply(this.machine.tick(this.now));
      meanwhile?.();
    }
    this.now = end;
  }

  /** Time passes in steps, with something that happens at each. */
  every(stepMs: number, times: number, step: () => void): void {
    for (let i = 0; i < times; i++) {
      this.advance(stepMs);
      step();
    }
  }

  /** The process is suspended: no deadline is met until it goes on. */
  suspend(span: number): void {
    this.now += span;
  }

  tick(): void {
    this.apply(this.machine.tick(this.now));
  }

  apply(effects: readonly BrokerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'event') this.#tell(effect.event);
      if (effect.type !== 'send') continue;
      const why = this.undeliver(effect.frames);
      if (why !== undefined) {
        this.undelivered(effect.frames, why);
        continue;
      }
      this.sent.push(effect.frames);
      this.inbox(frameText(effect.frames[0]!)).push(effect.frames.slice(1));
    }
  }

  inbox(id: string): Frames[] {
    let inbox = this.#inboxes.get(id);
    if (inbox === undefined) this.#inboxes.set(id, (inbox = []));
    return inbox;
  }

  /** What an MMI service answers a passing client. */
  mmi(service: string, ...body: string[]): string[] {
    const client = this.client('mmi-client');
    client.request(service, ...body);
    return client.takeOne().body;
  }

  eventsOf<T extends BrokerEvent['type']>(type: T): Extract<BrokerEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<BrokerEvent, { type: T }> => event.type === type);
  }

  #tell(event: BrokerEvent | BrokerSignal): void {
    switch (event.type) {
      case 'builtin-request':
      case 'local-reply':
      case 'local-failure':
      case 'workers-changed':
      case 'trace-begun':
      case 'trace-dispatched':
      case 'trace-given-back':
      case 'trace-ended':
        this.signals.push(event);
        break;
      default:
        this.events.push(event);
    }
  }

  #token(bytes: number): Frame {
    return Buffer.from(`token-${++this.#tokens}`.padEnd(bytes, '.'));
  }
}

export interface ClientGot {
  readonly kind: string;
  readonly version?: MdpVersion;
  readonly envelope?: readonly string[];
  readonly service?: string;
  readonly body: string[];
}

class RawPeer {
  constructor(
    protected readonly rig: BrokerRig,
    readonly id: string,
    readonly version: MdpVersion,
  ) {}

  /** Raw frames; text stands for its bytes. */
  send(...frames: (string | Frame)[]): void {
    this.rig.receive(
      this.id,
      frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame)),
    );
  }
}

export class RawClient extends RawPeer {
  request(service: string, ...body: string[]): void {
    this.enveloped([], service, ...body);
  }

  enveloped(envelope: readonly string[], service: string, ...body: string[]): void {
    const frames = encodeClientRequest(
      this.version,
      envelope.map(textFrame),
      textFrame(service),
      body.map(textFrame),
    );
    this.rig.receive(this.id, frames);
  }

  /** What it was sent since last asked. */
  take(): ClientGot[] {
    return this.rig
      .inbox(this.id)
      .splice(0)
      .map((frames) => {
        const read = decodeToClient(frames);
        if (read.kind === 'malformed') return { kind: 'malformed', body: [] };
        return {
          kind: read.kind,
          version: read.version,
          envelope: read.envelope.map(frameText),
          service: frameText(read.service),
          body: read.body.map(frameText),
        };
      });
  }

  /** The one message that it was sent. */
  takeOne(): ClientGot {
    const got = this.take();
    if (got.length !== 1) throw new Error(`${this.id} got ${got.length} messages, not one`);
    return got[0]!;
  }

  /** The bodies of what it was sent. */
  bodies(): string[][] {
    return this.take().map(({ body }) => body);
  }
}

export class RawWorker extends RawPeer {
  /** The client address of the request that it has seen last. */
  address: Frame = textFrame('none');

  ready(service: string): void {
    this.rig.receive(this.id, encodeReady(this.version, textFrame(service)));
  }

  heartbeat(): void {
    this.rig.receive(this.id, encodeSignal('heartbeat', this.version));
  }

  disconnect(): void {
    this.rig.receive(this.id, encodeSignal('disconnect', this.version));
  }

  /** DISCONNECT as our own worker says it: with the last address that it has seen. */
  part(lastAddress = this.address): void {
    this.rig.receive(this.id, encodeParting(this.version, lastAddress));
  }

  /** REPLY, or FINAL, to the request that it has seen last. */
  reply(...body: string[]): void {
    this.take();
    this.rig.receive(this.id, encodeWorkerReply('final', this.version, this.address, body.map(textFrame)));
  }

  partial(...body: string[]): void {
    this.take();
    this.rig.receive(this.id, encodeWorkerReply('partial', this.version, this.address, body.map(textFrame)));
  }

  /** What it was sent since last asked: `heartbeat`, `disconnect`, or `request:` with the body. */
  take(): string[] {
    return this.rig
      .inbox(this.id)
      .splice(0)
      .map((frames) => {
        const read = decodeToWorker(frames, this.version);
        if (read.kind !== 'request') return read.kind;
        this.address = read.address;
        return `request:${read.body.map(frameText).join('|')}`;
      });
  }
}
