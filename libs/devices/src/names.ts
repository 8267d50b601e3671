/**
 * Names of devices: letters, digits, `_`, `-` and `.`, beginning with a letter or digit, at most 64 characters.
 * So a name is safe as a path segment, in a `|`-separated list and in a key.
 */
export const DEVICE_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Names of values and commands, as they are written in TypeScript: a small letter, then letters, digits or `_`. */
export const MEMBER_NAME_PATTERN = /^[a-z][A-Za-z0-9_]{0,63}$/;

/** Oids: `category.device` or `category.device-subdevice`, in small letters and digits; the category may hold `-`. */
export const OID_PATTERN = /^[a-z][a-z0-9-]{0,63}\.[a-z][a-z0-9]{0,63}(?:-[a-z][a-z0-9]{0,63})?$/;

/**
 * Commands that the host gives to every device that can obey them; no type may declare one of them. `set` is for
 * devices with values that can be set; `acknowledge`, `disable` and `enable` for those whose output is guarded.
 */
export const BUILT_IN_COMMANDS = [
  'acknowledge',
  'commands',
  'config',
  'disable',
  'enable',
  'log',
  'poll',
  'reset',
  'set',
] as const;

/** A command that every device has. */
export type BuiltInCommand = (typeof BUILT_IN_COMMANDS)[number];
