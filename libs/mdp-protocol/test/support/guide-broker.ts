import {
  EMPTY_FRAME,
  frameKey,
  type Frame,
  type Frames,
  type FrameSocket,
  type Transport,
} from '@raspy/wire';

interface Service {
  readonly idle: Frame[];
  readonly queue: { client: Frame; body: Frames }[];
}

const W01 = Buffer.from('MDPW01');
const C01 = Buffer.from('MDPC01');

/**
 * A broker in the manner of the ZeroMQ guide: MDP 0.1 in plain form and nothing else, no heartbeats, and its first
 * unexpected frame is its last, as an assertion is for the guide's Python broker.
 */
export class GuideBroker {
  /** Why it died. */
  death: string | undefined;
  /** Times each service was asked. */
  readonly asked = new Map<string, number>();
  readonly #services = new Map<string, Service>();
  readonly #workers = new Map<string, string>();

  private constructor(
    readonly socket: FrameSocket,
    private readonly mmi: '501' | 'silent',
  ) {
    socket.start({
      message: (frames) => {
        if (this.death === undefined) this.#take(frames);
      },
      undelivered: () => undefined,
      link: () => undefined,
    });
  }

  /** @param mmi - what its management interface answers to everything */
  static async start(transport: Transport, mmi: '501' | 'silent' = '501'): Promise<GuideBroker> {
    return new GuideBroker(await transport.bind('router', 'tcp://127.0.0.1:*'), mmi);
  }

  get endpoint(): string {
    return this.socket.endpoint;
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  #take([peer, empty, header, ...rest]: Frames): void {
    const role = header === undefined ? '' : frameKey(header);
    if (peer === undefined || empty?.length !== 0) this.#die('a first frame that is not empty');
    else if (role === 'MDPC01') this.#client(peer, rest);
    else if (role === 'MDPW01') this.#worker(peer, rest);
    else this.#die(`header ${role}`);
  }

  #client(client: Frame, [service, ...body]: Frames): void {
    if (service === undefined || body.length === 0) {
      this.#die('a request without body');
      return;
    }
    const name = frameKey(service);
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    if (!name.startsWith('mmi.')) {
      this.#service(name).queue.push({ client, body });
      this.#dispatch(name);
    } else if (this.mmi === '501') {
      this.socket.send([client, EMPTY_FRAME, C01, service, Buffer.from('501')]);
    }
  }

  #worker(worker: Frame, [command, ...rest]: Frames): void {
    const key = frameKey(worker);
    switch (command?.[0]) {
      case 1: {
        const name = frameKey(rest[0]!);
        this.#workers.set(key, name);
        this.#service(name).idle.push(worker);
        this.#dispatch(name);
        break;
      }
      case 3: {
        const name = this.#workers.get(key);
        const [client, empty, ...body] = rest;
        if (name === undefined || client === undefined || empty?.length !== 0) {
          this.#die('a reply that makes no sense');
          return;
        }
        this.socket.send([client, EMPTY_FRAME, C01, Buffer.from(name, 'latin1'), ...body]);
        this.#service(name).idle.push(worker);
        this.#dispatch(name);
        break;
      }
      case 4:
        break;
      case 5: {
        const { idle } = this.#service(this.#workers.get(key) ?? '');
        this.#workers.delete(key);
        idle.splice(0, idle.length, ...idle.filter((each) => frameKey(each) !== key));
        break;
      }
      default:
        this.#die('a worker command that is none');
    }
  }

  #dispatch(name: string): void {
    const { idle, queue } = this.#service(name);
    while (idle.length > 0 && queue.length > 0) {
      const { client, body } = queue.shift()!;
      this.socket.send([idle.shift()!, EMPTY_FRAME, W01, Buffer.of(2), client, EMPTY_FRAME, ...body]);
    }
  }

  #service(name: string): Service {
    let service = this.#services.get(name);
    if (service === undefined) this.#services.set(name, (service = { idle: [], queue: [] }));
    return service;
  }

  #die(why: string): void {
    this.death = why;
    void this.socket.close();
  }
}
