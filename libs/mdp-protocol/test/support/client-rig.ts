import { encodeToClient } from '../../src/codec.js';
import type { CallSpec } from '../../src/client/call.js';
import { ClientMachine } from '../../src/client/client-machine.js';
import type { ClientEvent, ClientMachineOptions, ClientPort } from '../../src/client/client-types.js';
import type { Frames } from '@raspy/wire';
import { frames, Rig } from './rig.js';

const DEFAULTS: ClientMachineOptions = {
  maxInFlight: 10_000,
  maxQueued: 10_000,
  lanes: 4,
  featureTimeoutMs: 1_000,
  firstCorrelation: 0,
};

/** What a request on the wire is. */
export interface WireRequest {
  readonly port: ClientPort;
  readonly version: 1 | 2;
  readonly envelope: Frames;
  readonly service: string;
  readonly body: string[];
}

/** A client machine and the broker's part, played by hand. */
export class ClientRig extends Rig<ClientPort, ClientEvent, ClientMachine> {
  #lastId = 0;

  constructor(options: Partial<ClientMachineOptions> = {}) {
    super(new ClientMachine({ ...DEFAULTS, ...options }));
  }

  get client(): ClientMachine {
    return this.machine;
  }

  /** Connects to a broker that offers envelopes. */
  static pipelining(options: Partial<ClientMachineOptions> = {}): ClientRig {
    const rig = new ClientRig(options);
    rig.up('broker');
    rig.answerFeatures('envelope');
    rig.takeSent();
    rig.takeEvents();
    return rig;
  }

  /** Connects to a broker that knows no more than RFC 7 and 8. */
  static plain(options: Partial<ClientMachineOptions> = {}): ClientRig {
    const rig = new ClientRig(options);
    rig.up('broker');
    rig.reply({ port: 'broker', version: 1, envelope: [], service: 'mmi.features', body: [] }, ['501']);
    rig.takeSent();
    rig.takeEvents();
    return rig;
  }

  /** Answers the client's question for features with these names and 200. */
  answerFeatures(...names: string[]): void {
    this.reply({ port: 'broker', version: 1, envelope: [], service: 'mmi.features', body: [] }, [
      ...names,
      '200',
    ]);
  }

  request(service = 'echo', spec: Partial<CallSpec> = {}): number {
    const id = ++this.#lastId;
    this.step((now) =>
      this.client.request(now, {
        id,
        service,
        serviceFrame: Buffer.from(service),
        body: frames(`body ${id}`),
        timeoutMs: 2_500,
        retries: 0,
        streaming: false,
        checkWorker: false,
        ...spec,
      }),
    );
    return id;
  }

  abort(id: number, reason?: unknown): void {
    this.step((now) => this.client.abort(now, id, reason));
  }

  /** What the client sent since the last call, read as the broker would. */
  requests(): WireRequest[] {
    return this.takeSent().map(({ port, frames: message }) => readRequest(port, message));
  }

  reply(to: WireRequest, body: string[], kind: 'final' | 'partial' = 'final'): void {
    const [, ...message] = encodeToClient(
      kind,
      to.version,
      Buffer.alloc(0),
      to.envelope,
      Buffer.from(to.service),
      frames(...body),
    );
    this.receive(to.port, message);
  }

  /** `id kind: frames`, or `id CODE`, for each settled call since the last call; connection states left out. */
  results(): string[] {
    return this.takeEvents().flatMap((event) => {
      if (event.type === 'status') return [];
      if (event.type === 'failed') return [`${event.id} ${event.error.code}`];
      return [
        `${event.id} ${event.type}: ${event.body.map((frame) => Buffer.from(frame).toString()).join(' ')}`,
      ];
    });
  }
}

/** Reads a request by its own rules, not by the library's decoder. */
export function readRequest(port: ClientPort, message: Frames): WireRequest {
  const text = message.map((frame) => Buffer.from(frame).toString('latin1'));
  const bare2 = text[0] === 'MDPC02';
  const delimiter = text.indexOf('');
  const header = bare2 ? 0 : delimiter + 1;
  const version = text[header] === 'MDPC02' ? 2 : 1;
  if (version === 1 && text[header] !== 'MDPC01') throw new Error(`no client header: ${text.join('|')}`);
  if (version === 2 && text[header + 1] !== '\x01') throw new Error(`no REQUEST: ${text.join('|')}`);
  if (version === 2 && !bare2 && delimiter === 0) throw new Error('0.2 behind a bare delimiter');
  const service = header + version;
  return {
    port,
    version,
    envelope: bare2 ? [] : message.slice(0, delimiter),
    service: text[service] ?? '',
    body: text.slice(service + 1),
  };
}
