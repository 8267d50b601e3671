import { existsSync, readdirSync } from 'node:fs';

/** What {@link machineClockTrust} looks at, so that tests can play another machine. */
export interface ClockFiles {
  exists(path: string): boolean;
  /** Names in a folder; none when it is not there. */
  list(path: string): readonly string[];
}

const RTC_FOLDER = '/sys/class/rtc';
/** systemd's time client keeps this folder while it is in use, and makes the file when a server has told the time. */
const TIMESYNC_FOLDER = '/run/systemd/timesync';
const SYNCHRONIZED = `${TIMESYNC_FOLDER}/synchronized`;

const machineFiles: ClockFiles = {
  exists: existsSync,
  list: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
};

/**
 * Whether the machine's wall clock can be believed (PROTOCOLS §7.1): not where there is no battery-backed clock and the time
 * client, which is in use, has not been told the time yet; a Raspberry Pi then believes the time of its last shutdown. Where
 * that cannot be known it can be believed, and what was believed once is so from then on.
 */
export function machineClockTrust(files: ClockFiles = machineFiles): () => boolean {
  let believed = false;
  return () => {
    believed ||=
      files.list(RTC_FOLDER).length > 0 || !files.exists(TIMESYNC_FOLDER) || files.exists(SYNCHRONIZED);
    return believed;
  };
}
