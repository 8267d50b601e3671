import { accessRoutes } from './routes/access-routes.js';
import { automationRoutes } from './routes/automation-routes.js';
import { deviceRoutes } from './routes/device-routes.js';
import { homeRoutes } from './routes/home-routes.js';
import type { Route } from './route.js';

/** Where the API is. */
export const API_BASE = '/api/v1';

/** The API; where two paths fit, the first one holds. */
export const routes: readonly Route[] = [
  ...accessRoutes,
  ...deviceRoutes,
  ...homeRoutes,
  ...automationRoutes,
];
