import { action, defineService, json, keys, optional, text } from '@raspy/mdp-protocol';

/** `<hostname>.core.cron` (PROTOCOLS §7, §7.1): jobs in time. Docs: docs/operators/cron.md. */
export const cronService = defineService({
  listKeys: action('list_keys', { title: 'Names of the jobs', result: [keys('keys')] }),
  list: action('list', { title: 'All jobs as they stand', result: [json('jobs')] }),
  info: action('info', {
    title: 'A job as it stands: what it is, when it runs next, how its last run ended',
    params: [text('job')],
    result: [json('info')],
  }),
  add: action('add', { title: 'Adds a job, which outlives a restart', params: [json('job')] }),
  update: action('update', {
    title: 'Puts a job in the place of the one of its name; runs missed until now are no matter',
    params: [json('job')],
  }),
  remove: action('remove', {
    title: 'Removes a job for good; a run that goes on is not ended',
    params: [text('job')],
  }),
  enable: action('enable', {
    title: 'Lets a job run by itself, or with false not any more',
    params: [text('job'), optional(json('enabled'))],
  }),
  run: action('run', {
    title: 'Begins a run by hand, and tells how it ended or that it goes on',
    params: [text('job')],
    result: [json('run')],
  }),
  next: action('next', {
    title: 'The next runs of a job in local time, 5 unless told, and what is unusual about them',
    params: [text('job'), optional(json('count'))],
    result: [json('preview')],
  }),
  preview: action('preview', {
    title: 'The next runs of what is no job yet, by the `when` of one, in local time, 5 unless told',
    params: [json('when'), optional(json('count'))],
    result: [json('preview')],
  }),
});
