import { VERSION } from '@raspy/runtime';
import { plugin } from 'raspy-plugin-fake';

export { exampleDevices } from 'raspy-plugin-fake';

/** The plugins that this program brings along; loaded on demand, as device types cost start-up time. */
export const builtInPlugins = [{ packageName: 'raspy-plugin-fake', version: VERSION, plugin }];
