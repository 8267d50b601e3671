export const THERMOSTAT_CODE = `// Keeps the water warm. When this program ends, however it ends, the heater goes off.
const { water, heater, target } = entries;

for (;;) {
  if (!water.isGood) {
    log.warn('the water is not known to be anything:', water.reason);
    await until(() => water.isGood);
  }
  if (water.value < target.value - 0.2) {
    const held = await hold(heater, { on: true }, { atMost: '2 h', lease: '60 s' });
    await until(() => !held.isHeld || !water.isGood || water.value > target.value);
    await held.release();
  }
  await sleep('10 s');
}
`;
