import type { Outcome } from './run.ts';

/**
 * What the compiler found in files below some folders, and what it says of none, such as of its options.
 * @returns one text for each error
 */
export function errorsIn({ stdout }: Outcome, folders: readonly string[]): readonly string[] {
  const errors = stdout
    .trimEnd()
    .split(/\n(?=\S)/)
    .filter((error) => error !== '');
  return errors.filter((error) => {
    const file = /^(.+)\(\d+,\d+\): /.exec(error)?.[1];
    return file === undefined || folders.some((folder) => file.startsWith(`${folder}/`));
  });
}
