import type { AnyItem, StatisticsManager } from './statistics-manager.js';

/** One item of one manager. */
export interface FamilyMember {
  readonly manager: StatisticsManager;
  readonly item: AnyItem;
}

/** Items of one oid and kind in all managers that are exported together. */
export interface Family {
  readonly oid: string;
  /** Its name in Prometheus. */
  readonly metric: string;
  /** What its values are divided by to be in base units. */
  readonly divisor: number;
  /** Doc, unit, kind and number are those of the first member. */
  readonly item: AnyItem;
  /** Constant labels of the manager, then those of the item. */
  readonly labelNames: readonly string[];
  readonly members: readonly FamilyMember[];
}

/** More than items come and go while the managers are the same. */
const GENERATION = 2 ** 32;

/** Managers that one exporter reads, as families in the order of their names in Prometheus. */
export class FamilyView {
  /** The list may change; what is told follows it. */
  readonly managers: readonly StatisticsManager[];
  #version = -1;
  #seen: readonly StatisticsManager[] = [];
  #generation = 0;
  #families: readonly Family[] = [];
  #conflicts: readonly string[] = [];

  constructor(managers: StatisticsManager | readonly StatisticsManager[]) {
    this.managers = 'length' in managers ? managers : [managers];
  }

  /** As they are now; the same list until items come or go. */
  families(): readonly Family[] {
    const version = this.managers.reduce((sum, manager) => sum + manager.itemsVersion, 0);
    if (!this.#isSame()) {
      this.#seen = [...this.managers];
      this.#generation += 1;
      this.#version = -1;
    }
    if (version !== this.#version) {
      this.#version = version;
      this.#build();
    }
    return this.#families;
  }

  #isSame(): boolean {
    return (
      this.#seen.length === this.managers.length &&
      this.managers.every((manager, index) => manager === this.#seen[index])
    );
  }

  /** Oids that are left out, since another manager has something else under one of their names. */
  conflicts(): readonly string[] {
    this.families();
    return this.#conflicts;
  }

  /** Rises when items or series come or go. */
  get version(): number {
    this.families();
    return this.managers.reduce((sum, manager) => sum + manager.version, this.#generation * GENERATION);
  }

  /** Runs what is to be done before values are read. */
  refresh(): void {
    for (const manager of this.managers) manager.refresh();
  }

  #build(): void {
    const byMetric = new Map<string, Family & { readonly members: FamilyMember[] }>();
    const numbers = new Map<number, string>();
    const conflicts: string[] = [];
    for (const manager of this.managers) {
      for (const item of manager.items()) {
        const { name, divisor } = manager.metricOf(item.oid);
        const family = byMetric.get(name);
        const owner = numbers.get(item.number);
        if (family === undefined ? owner !== undefined : !fits(family, item)) {
          conflicts.push(item.oid);
        } else if (family === undefined) {
          numbers.set(item.number, item.oid);
          byMetric.set(name, {
            oid: item.oid,
            metric: name,
            divisor,
            item,
            labelNames: [...manager.constantLabelNames, ...item.labelNames],
            members: [{ manager, item }],
          });
        } else family.members.push({ manager, item });
      }
    }
    this.#families = [...byMetric.values()].sort((a, b) => (a.metric < b.metric ? -1 : 1));
    this.#conflicts = conflicts;
  }
}

/** Whether an item is told under the same names as a family in every respect. */
function fits(family: Family, item: AnyItem): boolean {
  return (
    family.oid === item.oid &&
    family.item.kind === item.kind &&
    family.item.number === item.number &&
    family.item.unit === item.unit
  );
}
