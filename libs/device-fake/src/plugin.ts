import { definePlugin, type RaspyPlugin } from '@raspy/devices';
import { dimmerDriver, heaterDriver, lightDriver, pumpDriver, switchDriver } from './actuators.js';
import { cameraDriver } from './camera.js';
import { cyclicDriver } from './cyclic.js';
import { doserDriver } from './doser.js';
import { lampDriver } from './lamp.js';
import { linearDriver } from './linear.js';
import { rtcDriver } from './rtc.js';
import { contactDriver, humidityDriver, levelDriver, temperatureDriver, windDriver } from './sensors.js';
import { tankDriver } from './tank.js';
import { tvDriver } from './tv.js';

/** The drivers of this package, for a device host. */
export const plugin: RaspyPlugin = definePlugin({
  name: 'fake',
  drivers: [
    cyclicDriver,
    linearDriver,
    lampDriver,
    tankDriver,
    temperatureDriver,
    levelDriver,
    humidityDriver,
    windDriver,
    contactDriver,
    switchDriver,
    dimmerDriver,
    lightDriver,
    pumpDriver,
    heaterDriver,
    doserDriver,
    rtcDriver,
    cameraDriver,
    tvDriver,
  ],
});
