import type { Reading } from '../../src/client.js';

/** What the API tells, by the names that the page has for it. Times are unix milliseconds. */
export type {
  AuditLine,
  Calibration,
  CommandDescription,
  Device as DeviceSummary,
  DeviceConfig,
  DeviceInfo,
  DeviceType,
  DurableRequest,
  Entry as TreeEntry,
  Frame,
  Job as JobInfo,
  Json,
  JsonSchema,
  ListedScenario,
  Mistake,
  Point,
  Preview as JobPreview,
  Reading,
  Role,
  SafetyState,
  ScenarioFile,
  ScenarioStatus,
  Service as ServiceRow,
  Session,
  Token,
  TreeStatus,
  User,
  ValueDescription,
} from '../../src/client.js';

export type Quality = Reading['quality'];

/** What the server keeps for a user, and does not look at. */
export interface Preferences {
  readonly favourites?: readonly string[];
  readonly order?: readonly string[];
}
