/** Numbers of the web server, counted since it started unless they say otherwise. */
export class WebCounters {
  readonly #requests = new Map<string, number>();

  /** @param status - of the answer */
  count(method: string, status: number): void {
    const key = `${method} ${Math.floor(status / 100)}xx`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** By method and class of status, e.g. `GET 2xx`. */
  get requests(): ReadonlyMap<string, number> {
    return this.#requests;
  }
}

/** Values by their names below `raspy_web_`. */
export type Gauges = Readonly<Record<string, number>>;

/** In the text format of Prometheus. */
export function metricsText(counters: WebCounters, gauges: Gauges): string {
  const requests = [...counters.requests].map(([key, count]) => {
    const [method, status] = key.split(' ');
    return `raspy_web_requests_total{method="${method!}",status="${status!}"} ${count}`;
  });
  const others = Object.entries(gauges).map(
    ([name, value]) =>
      `# TYPE raspy_web_${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}\nraspy_web_${name} ${value}`,
  );
  return [`# TYPE raspy_web_requests_total counter`, ...requests, ...others, ''].join('\n');
}
