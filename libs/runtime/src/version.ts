/** The version of all of RasPy: its packages are released together. */
export const VERSION = '0.1.0';
