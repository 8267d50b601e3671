import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in `w1_slave` of thermometers, as it was recorded on boards. */
export const RECORDED = {
  good: '4b 01 4b 46 7f ff 05 10 e1 : crc=e1 YES\n4b 01 4b 46 7f ff 05 10 e1 t=20687\n',
  powerOn: '50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n',
  crcNo: 'ff ff ff ff ff ff ff ff ff : crc=c9 NO\n4b 01 4b 46 7f ff 05 10 e1 t=20687\n',
  shorted: '00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n',
  torn: '4b 01 4b 46 7f ff 05 10 e1 : crc=e1 YES\n4b 01 4b 46 7f',
  empty: '',
} as const;

/** Folders and files as the kernel has them below /sys: chips are links to folders of their bus master. */
export class RecordedSysfs {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'raspy-sysfs-')));
  readonly devicesDir = join(this.root, 'bus/w1/devices');

  constructor(masters: readonly string[] = ['w1_bus_master1']) {
    mkdirSync(this.devicesDir, { recursive: true });
    for (const master of masters) {
      mkdirSync(join(this.root, 'devices', master), { recursive: true });
      symlinkSync(`../../../devices/${master}`, join(this.devicesDir, master));
    }
  }

  /** A thermometer with such a file. */
  plug(id: string, text: string, master = 'w1_bus_master1'): void {
    const folder = join(this.root, 'devices', master, id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'w1_slave'), text);
    symlinkSync(`../../../devices/${master}/${id}`, join(this.devicesDir, id));
  }

  /** One whose file opens only when somebody writes to it, as a kernel that waits for its bus. */
  plugHanging(id: string, master = 'w1_bus_master1'): void {
    this.plug(id, '', master);
    rmSync(this.#file(id));
    execFileSync('mkfifo', [this.#file(id)]);
  }

  /** Lets whoever waits for it go on, with nothing to read. */
  release(id: string): void {
    closeSync(openSync(this.#file(id), 'r+'));
  }

  write(id: string, text: string): void {
    writeFileSync(this.#file(id), text);
  }

  unplug(id: string): void {
    rmSync(join(this.devicesDir, id));
    rmSync(realpathSync(this.root) + `/devices/w1_bus_master1/${id}`, { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #file(id: string): string {
    return join(this.devicesDir, id, 'w1_slave');
  }
}
