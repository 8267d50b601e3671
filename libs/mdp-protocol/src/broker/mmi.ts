import { frameKey, frameText, textFrame, type Frame, type Frames } from '@raspy/wire';
import { statusFrame, StatusCode } from '../status-code.js';
import { Discovery } from './discovery.js';
import { isMmi } from './mmi-name.js';
import type { ResolvedBrokerOptions } from './options.js';
import type { ServiceTable } from './service-table.js';

const FEATURES: Frames = [textFrame('envelope')];

/** The broker's answers about itself (RFC 8, PROTOCOLS §6). It makes no records: asking changes nothing. */
export class Mmi {
  readonly #options: ResolvedBrokerOptions;
  readonly #services: ServiceTable;
  readonly #builtin: ReadonlyMap<string, Frame>;
  readonly #discovery = new Discovery();

  constructor(options: ResolvedBrokerOptions, services: ServiceTable) {
    this.#options = options;
    this.#services = services;
    this.#builtin = new Map(
      options.builtinServices.map((name) => {
        const frame = textFrame(name);
        return [frameKey(frame), frame];
      }),
    );
  }

  /** Whether workers may not register this name. */
  reserves(name: Frame): boolean {
    return isMmi(name) || (this.#builtin.size > 0 && this.#builtin.has(frameKey(name)));
  }

  /**
   * The reply to a request for an `mmi.` service. The last frame of the request is the argument, and gives way to the
   * answer with the status at its end; frames before it come back.
   */
  answer(service: Frame, body: Frames): Frames {
    const before = body.slice(0, -1);
    return [...before, ...this.#result(frameKey(service), body[body.length - 1]!)];
  }

  #result(service: string, argument: Frame): Frames {
    switch (service) {
      case 'mmi.service': {
        const found = this.#builtin.has(frameKey(argument)) || this.#workers(argument) > 0;
        return [statusFrame(found ? StatusCode.OK : StatusCode.NOT_FOUND)];
      }
      case 'mmi.discovery':
        return this.#discover(argument);
      case 'mmi.features':
        return [...FEATURES, statusFrame(StatusCode.OK)];
      case 'mmi.workers':
        return [textFrame(this.#workersJson(argument)), statusFrame(StatusCode.OK)];
      default:
        return [statusFrame(StatusCode.NOT_IMPLEMENTED)];
    }
  }

  #workers(name: Frame): number {
    return this.#services.find(name)?.workers ?? 0;
  }

  #discover(pattern: Frame): Frames {
    const names = this.#discovery.find(pattern, this.#services.revision, () => this.#discoverable());
    return names === undefined
      ? [statusFrame(StatusCode.BAD_REQUEST)]
      : [...names, statusFrame(StatusCode.OK)];
  }

  #discoverable(): { key: string; text: string; name: Frame }[] {
    const all: { key: string; text: string; name: Frame }[] = [];
    for (const [key, name] of this.#builtin) all.push({ key, text: frameText(name), name });
    for (const service of this.#services) if (service.workers > 0) all.push(service);
    return all.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #workersJson(argument: Frame): string {
    const { heartbeatIntervalMs, heartbeatLiveness } = this.#options;
    const record = argument.length === 0 ? undefined : this.#services.find(argument);
    const services = argument.length > 0 && record === undefined ? [] : this.#services.info(record);
    return JSON.stringify({ intervalMs: heartbeatIntervalMs, liveness: heartbeatLiveness, services });
  }
}
