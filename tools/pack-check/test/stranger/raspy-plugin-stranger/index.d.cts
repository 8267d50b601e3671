import type { DeviceDriver, RaspyPlugin } from '@raspy/devices';
export declare const blindDriver: DeviceDriver;
export declare const plugin: RaspyPlugin;
