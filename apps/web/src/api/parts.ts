import type { Clock } from '@raspy/clock';
import type { AuditLog } from '../access/audit-log.js';
import type { Doorkeeper } from '../access/doorkeeper.js';
import type { Users } from '../access/users.js';
import type { HomeLink } from '../home/home-link.js';
import type { LiveTree } from '../live/live-tree.js';
import type { Configuration } from '../configurations.js';

/** What the routes work with. */
export interface ApiParts {
  readonly home: HomeLink;
  readonly live: LiveTree;
  readonly users: Users;
  readonly door: Doorkeeper;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly hostname: string;
  readonly configuration: Configuration;
}
