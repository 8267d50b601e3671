/** How often chips are read where a device's configuration does not say. */
export const POLL_SECONDS = 10;
