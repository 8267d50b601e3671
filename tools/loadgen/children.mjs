// Programs of ours that a benchmark runs and looks at.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A program of Node.
 * @returns its pid; `until(pattern)`, which resolves with what its output matches; `end()`, which asks it to end and waits
 */
export function startChild(file, args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  let wake = () => undefined;
  child.stdout.on('data', (chunk) => {
    said += chunk;
    wake();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid,
    async until(pattern) {
      for (;;) {
        const found = pattern.exec(said);
        if (found !== null) return found;
        await Promise.race([
          new Promise((resolve) => (wake = resolve)),
          ended.then(() => {
            throw new Error(`${file} ended`);
          }),
        ]);
      }
    },
    end() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Resident memory of a process in kB. */
export function residentKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** Processor time of a process in ticks, of which Linux has 100 a second. */
export function processorTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
