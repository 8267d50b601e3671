import { OptionError } from '@raspy/wire';

/** Thrown where options have no meaning; tells all mistakes at once. The caller wrote them. */
export class MdpOptionError extends OptionError {
  override readonly name = 'MdpOptionError';
}
