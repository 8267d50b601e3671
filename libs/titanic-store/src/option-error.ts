import { OptionError } from '@raspy/wire';

/** Thrown where options of Titanic or of its clients have no meaning; tells all mistakes at once. The caller wrote them. */
export class TitanicOptionError extends OptionError {
  override readonly name = 'TitanicOptionError';
}
