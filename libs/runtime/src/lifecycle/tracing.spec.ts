import { VirtualClock } from '@raspy/clock';
import { followRequests, type RequestTracer } from '@raspy/mdp-protocol';
import { withTracing, type OpenTelemetry } from './tracing.js';

const idle: RequestTracer = { begin: () => undefined };

/** What stands in for OpenTelemetry, and what it was asked. */
function openTelemetry({ isRecording = true, answers = true } = {}) {
  const steps: string[] = [];
  const load = (): Promise<OpenTelemetry> =>
    Promise.resolve({
      isRecording: () => isRecording,
      openTelemetryTracer: () => {
        steps.push('follows');
        return idle;
      },
      flush: () => {
        steps.push('hands over');
        return answers ? Promise.resolve() : new Promise(() => undefined);
      },
    });
  return { steps, load };
}

const clock = new VirtualClock();

describe('the setting tracing', () => {
  it('follows the requests of the work, and hands over what was recorded however it ends', async () => {
    const { steps, load } = openTelemetry();
    const options = { isOn: true, clock, warn: (text: string) => steps.push(text), load };
    expect(await withTracing(options, () => Promise.resolve(steps.push('works')))).toBe(2);
    expect(steps).toEqual(['follows', 'works', 'hands over']);
    const fails = withTracing(options, () => Promise.reject(new Error('it fails')));
    await expect(fails).rejects.toThrow('it fails');
    expect(steps.slice(3)).toEqual(['follows', 'hands over']);
  });

  it('does not wait for ever for who takes it', async () => {
    const { load } = openTelemetry({ answers: false });
    const ended = withTracing({ isOn: true, clock, warn: fail, load }, () => Promise.resolve('done'));
    await clock.advanceByAsync(1_000);
    expect(await ended).toBe('done');
    expect(clock.nextAt).toBe(Infinity);
  });

  it('loads nothing where it is off', async () => {
    const { steps, load } = openTelemetry();
    expect(await withTracing({ isOn: false, clock, warn: fail, load }, () => Promise.resolve('done'))).toBe(
      'done',
    );
    expect(steps).toEqual([]);
  });

  it('says so where nobody records', async () => {
    const { steps, load } = openTelemetry({ isRecording: false });
    const warned: string[] = [];
    await withTracing({ isOn: true, clock, warn: (text) => warned.push(text), load }, () =>
      Promise.resolve(),
    );
    expect(warned).toEqual([expect.stringContaining('no OpenTelemetry SDK is loaded')]);
    expect(steps).toHaveLength(2);
  });

  it('tells what to install where it is missing, and works without it', async () => {
    const load = () => Promise.reject(new Error("Cannot find package '@opentelemetry/api'"));
    const warned: string[] = [];
    const warn = (text: string) => void warned.push(text);
    expect(await withTracing({ isOn: true, clock, warn, load }, () => Promise.resolve('done'))).toBe('done');
    expect(warned).toEqual([expect.stringMatching(/Cannot find package '@opentelemetry\/api'.*npm install/)]);
  });

  it('uses what is installed, and leaves a tracer that another one has set', async () => {
    const warned: string[] = [];
    await withTracing({ isOn: true, clock, warn: (text) => warned.push(text) }, () => {
      const other = followRequests(idle);
      other();
      return Promise.resolve();
    });
    expect(warned).toHaveLength(1);
  });
});

function fail(text: string): never {
  throw new Error(`unexpected: ${text}`);
}
