import { coreSettings, ExitCode, integer, programSettings, toolSettings, UsageError } from '@raspy/runtime';
import { command, printable, renderTable, type Command } from '@raspy/runtime/cli';
import type { Preview } from '@raspy/automation';
import type { Millis } from '@raspy/clock';
import { spanText } from '../time-text.js';
import { typedWhen, whenSettings } from '../typed-job.js';

/** `count` of commands that show runs. */
export const countSetting = integer({
  description: 'So many runs',
  hint: 'COUNT',
  default: 5,
  min: 1,
  max: 1_000,
});

/** `raspy cron preview [expression]` */
export function cronPreview(): Command {
  return command({
    words: 'cron preview',
    summary: 'Show when something would run, without a home',
    details: 'Local times, and what is unusual in the coming 400 days.',
    args: [['[expression]', "a cron expression: '0 30 7 * * *'; or give --every, --sun or --at"]],
    settings: {
      ...whenSettings,
      latitude: coreSettings.latitude,
      longitude: coreSettings.longitude,
      timeZone: coreSettings.timeZone,
      count: countSetting,
      json: toolSettings.json,
      config: programSettings.config,
      logLevel: toolSettings.logLevel,
    },
    examples: [
      ["raspy cron preview '30 2 * * *' --zone=Europe/Paris", 'with the nights on which the clock changes'],
      [
        'raspy cron preview --sun=sunset --offset=-30 --latitude=48.85 --longitude=2.35',
        'half an hour before sunset',
      ],
    ],
    run: async ({ settings, args, host }) => {
      const [expression = settings.cron] = args;
      if (expression !== settings.cron && settings.cron !== '') {
        throw new UsageError('give the expression once');
      }
      const now = host.clock.wallNow();
      const when = typedWhen({ ...settings, cron: expression }, now);
      if (when === undefined) throw new UsageError('give a cron expression, --every, --sun or --at');
      const { latitude, longitude, timeZone, count, json } = settings;
      const place = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
      const defaults = { timeZone, ...(place !== undefined && { place }) };
      // It costs commands that know nothing of jobs their time.
      const { InvalidJobError, parseJob, preview } = await import('@raspy/automation');
      try {
        const job = parseJob({ name: 'preview', when }, defaults);
        host.stdout.write(previewText(preview(job, now, count, defaults), now, json));
      } catch (error) {
        if (!(error instanceof InvalidJobError)) throw error;
        throw new UsageError(error.mistakes.map(({ message }) => message).join('; '), { cause: error });
      }
      return ExitCode.OK;
    },
  });
}

/** Runs as lines for people, or each as a line of JSON. */
export function previewText({ runs, notes }: Preview, wallNow: Millis, json: boolean): string {
  if (json) return `${JSON.stringify({ runs, notes })}\n`;
  const rows = runs.map(({ at, local, remarks }) => [
    local,
    `in ${spanText(at - wallNow)}`,
    remarks.join('; '),
  ]);
  const lines = [
    ...(rows.length === 0 ? [] : renderTable(['RUNS AT', '', 'REMARKS'], rows)),
    ...(rows.length === 0 || notes.length === 0 ? [] : ['']),
    ...notes.map((note) => printable(note)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
