import { z } from 'zod';

const password = z.string().min(8, 'has 8 characters at least').max(256);

/** Users of SNMPv3, as the settings have them. */
export const snmpUsersSchema = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(32),
      authPassword: password,
      privPassword: password,
      auth: z.enum(['sha', 'sha256', 'sha512']).default('sha'),
      priv: z.enum(['aes', 'aes256b']).default('aes'),
    }),
  )
  .max(32);

/** One of them. */
export type SnmpUserValue = z.output<typeof snmpUsersSchema>[number];
