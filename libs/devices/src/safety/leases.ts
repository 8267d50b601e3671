/** The right of whoever controls an output to have it as it is, until it ends. */
export interface Lease {
  readonly id: string;
  readonly device: string;
  /** It has ended at this instant. */
  readonly until: number;
}

/** The leases of all outputs, at most one each. */
export class Leases {
  readonly #byDevice = new Map<string, Lease>();
  readonly #byId = new Map<string, Lease>();

  of(device: string): Lease | undefined {
    return this.#byDevice.get(device);
  }

  find(id: string): Lease | undefined {
    return this.#byId.get(id);
  }

  /** Gives or prolongs; a lease of the same device with another name has ended. */
  give(lease: Lease): void {
    this.end(lease.device);
    this.#byDevice.set(lease.device, lease);
    this.#byId.set(lease.id, lease);
  }

  end(device: string): void {
    const lease = this.#byDevice.get(device);
    if (lease === undefined) return;
    this.#byDevice.delete(device);
    this.#byId.delete(lease.id);
  }
}
