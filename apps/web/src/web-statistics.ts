import { SnmpCounter, SnmpInteger, type StatisticsManager } from '@raspy/statistics';

/** What {@link WebStatistics} tell of the parts of a web server, looked up whenever somebody asks. */
export interface WebReadings {
  readonly sessions: () => number;
  readonly loginFailures: () => number;
  /** Readers of events that are there, and those that were sent away since they did not keep up. */
  readonly streams: () => number;
  readonly streamsShed: () => number;
  readonly eventsRemembered: () => number;
  readonly histories: () => number;
  readonly treeKeys: () => number;
  readonly isTreeSynced: () => boolean;
  readonly isBrokerConnected: () => boolean;
}

/** What the web server counts, for whoever asks: the bus, its own `/metrics`, the exporters of its process. */
export class WebStatistics {
  readonly #requests: SnmpCounter;

  constructor(registry: StatisticsManager, read: WebReadings) {
    this.#requests = registry.add(
      new SnmpCounter({
        oid: 'web.requests',
        doc: 'Requests over HTTP, by the class of the status of their answers',
        labels: ['method', 'status'],
      }),
    );
    const counter = (oid: string, doc: string, value: () => number): void => {
      registry.add(new SnmpCounter({ oid, doc, read: value }));
    };
    const gauge = (oid: string, doc: string, value: () => number): void => {
      registry.add(new SnmpInteger({ oid, doc, read: value }));
    };
    gauge('web.sessions', 'Sessions of users', read.sessions);
    counter('web.loginFailures', 'Logins and claims that failed', read.loginFailures);
    gauge('web.streams', 'Readers of events', read.streams);
    counter(
      'web.streamsShed',
      'Readers of events that were sent away, since they did not keep up',
      read.streamsShed,
    );
    gauge('web.eventsRemembered', 'Events that a reader can resume from', read.eventsRemembered);
    gauge('web.histories', 'Values whose last hour is remembered', read.histories);
    gauge('web.treeKeys', 'Entries of the tree, as this server sees it', read.treeKeys);
    gauge('web.treeSynced', 'Whether it has the whole tree: 1, or 0', () => Number(read.isTreeSynced()));
    gauge('web.brokerConnected', 'Whether it has a broker: 1, or 0', () => Number(read.isBrokerConnected()));
  }

  /** @param status - of the answer */
  count(method: string, status: number): void {
    this.#requests.labels(method, `${Math.floor(status / 100)}xx`).add();
  }
}
