import { z } from 'zod';
import type { AuditEntry } from '../../access/audit-log.js';
import { ROLES, SCOPES } from '../../access/roles.js';
import type { TokenReport, UserReport } from '../../access/users.js';
import { CONFIGURATIONS } from '../../configurations.js';
import { declared, instant } from './json.js';

const role = z.enum(ROLES).meta({ id: 'Role' });

export const session = z
  .object({
    claimed: z.boolean().meta({ description: 'Whether the home has an owner' }),
    user: z.object({ name: z.string(), role }).nullable(),
    csrf: z
      .string()
      .meta({ description: 'For the header X-CSRF-Token of each change; empty without a session' }),
    home: z.object({ hostname: z.string(), version: z.string(), configuration: z.enum(CONFIGURATIONS) }),
  })
  .meta({ id: 'Session' });

export const user = declared<UserReport>()(z.object({ name: z.string(), role, createdAt: instant })).meta({
  id: 'User',
});

export const token = declared<TokenReport>()(
  z.object({
    id: z.string(),
    title: z.string(),
    owner: z.string().meta({ description: 'It may no more than this user' }),
    scope: z.enum(SCOPES),
    createdAt: instant,
    expiresAt: instant.optional(),
  }),
).meta({ id: 'Token' });

export const auditLine = declared<AuditEntry>()(
  z.object({
    at: instant,
    who: z.string().meta({ description: 'Empty for nobody who is logged in' }),
    address: z.string(),
    token: z.string().optional().meta({ description: 'The token by which it was done' }),
    what: z.string().meta({ examples: ['POST /api/v1/devices/pi.fake/lamp/commands/set'] }),
    status: z.number(),
    code: z.string().optional().meta({ description: 'Why it was not done' }),
  }),
).meta({ id: 'AuditLine' });
