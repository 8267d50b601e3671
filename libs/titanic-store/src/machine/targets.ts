import { asBuffer, frameKey, type Frame } from '@raspy/wire';

const OWN = new Set(['titanic.request', 'titanic.reply', 'titanic.close', 'titanic.submit', 'titanic.admin']);
const MMI = Buffer.from('mmi.');
const DEVICES = Buffer.from('.devices');
const MAX_TARGET_BYTES = 4_096;

/** Whether nothing may be sent to this name by way of Titanic (PROTOCOLS §8): to itself, to the broker, to what is no name. */
export function isReservedTarget(target: Frame): boolean {
  if (target.length === 0 || target.length > MAX_TARGET_BYTES) return true;
  return OWN.has(frameKey(target)) || asBuffer(target).subarray(0, MMI.length).equals(MMI);
}

/** Whether a name is that of a device server's commands, `<hostname>.<service>.devices`. */
export function isDevices(target: Frame): boolean {
  return target.length > DEVICES.length && asBuffer(target).subarray(-DEVICES.length).equals(DEVICES);
}
