/** Of all that is in a store: trees, records, checksums. A store of another one is not touched. */
export const FORMAT = 1;
/** Among the names of the trees, where no name can be it. */
export const FORMAT_KEY = Buffer.from('raspy format');
