import type { Clock } from '@raspy/clock';
import { Histogram, SnmpCounter, type StatisticsManager } from '@raspy/statistics';
import type { SubService } from '../server/raspy-server.js';

/** How long the requests of a server take, and how many fail in a way that its services do not know. */
export class RequestStatistics {
  readonly #clock: Clock;
  readonly #duration: Histogram;
  readonly #failed: SnmpCounter;

  constructor(manager: StatisticsManager, clock: Clock) {
    this.#clock = clock;
    this.#duration = manager.add(
      new Histogram({
        oid: 'requests.duration',
        doc: 'From a request that a worker got to its reply',
        unit: 'seconds',
        labels: ['service'],
      }),
    );
    this.#failed = manager.add(
      new SnmpCounter({ oid: 'requests.failed', doc: 'Requests whose handler threw', labels: ['service'] }),
    );
  }

  /** The same service, measured. */
  measured(service: SubService): SubService {
    const duration = this.#duration.labels(service.suffix);
    const failed = this.#failed.labels(service.suffix);
    return {
      ...service,
      handle: async (body, context) => {
        const began = this.#clock.now();
        try {
          return await service.handle(body, context);
        } catch (error) {
          failed.add();
          throw error;
        } finally {
          duration.observe((this.#clock.now() - began) / 1_000);
        }
      },
    };
  }
}
