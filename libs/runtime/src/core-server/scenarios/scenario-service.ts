import { action, defineService, json, keys, optional, text } from '@raspy/mdp-protocol';

/** `<hostname>.core.scenario` (PROTOCOLS §7, §7.1): scenarios as they run. Docs: docs/protocols/services.md. */
export const scenarioService = defineService({
  info: action('info', { title: 'Names of the scenarios', result: [json('names')] }),
  status: action('status', {
    title: 'How a scenario stands, or how all do',
    params: [optional(text('scenario'))],
    result: [json('status')],
  }),
  run: action('run', {
    title: 'Runs a scenario by hand; one that was quarantined, too. The payload is told to its code',
    params: [text('scenario'), optional(json('payload'))],
    result: [json('status')],
  }),
  stop: action('stop', {
    title: 'Stops a scenario; answers when what it held was given back',
    params: [text('scenario')],
    result: [json('status')],
  }),
  trace: action('trace', {
    title: 'Why it was fired, what it saw, what it sent and said: the oldest first, at most so many',
    params: [text('scenario'), optional(json('count'))],
    result: [json('trace')],
  }),
});

/** `<hostname>.core.scenarios` (PROTOCOLS §7, §7.1): scenarios as they are kept. */
export const scenariosService = defineService({
  listKeys: action('list_keys', { title: 'Names of the scenarios', result: [keys('keys')] }),
  list: action('list', {
    title: 'All scenarios as they are kept, without their code',
    result: [json('scenarios')],
  }),
  get: action('get', {
    title: 'A scenario as it is kept, with its code',
    params: [text('scenario')],
    result: [json('scenario')],
  }),
  add: action('add', { title: 'Adds a scenario, which outlives a restart', params: [json('scenario')] }),
  update: action('update', {
    title: 'Puts a scenario in the place of the one of its name, which is stopped',
    params: [json('scenario')],
  }),
  delete: action('delete', {
    title: 'Stops a scenario and deletes it, for good',
    params: [text('scenario')],
  }),
  enable: action('enable', {
    title: 'Lets a scenario run, or with false not any more',
    params: [text('scenario'), optional(json('enabled'))],
  }),
  check: action('check', {
    title: 'What is wrong with a scenario, and where; saves nothing',
    params: [json('scenario')],
    result: [json('mistakes')],
  }),
  export: action('export', {
    title: 'A scenario as a file to share: without the names of this home',
    params: [text('scenario')],
    result: [json('file')],
  }),
  import: action('import', {
    title:
      'Adds a scenario of a file, with what its entries are in this home; all is checked before anything is saved',
    params: [json('file'), json('mapping')],
    result: [json('scenario')],
  }),
  shipped: action('shipped', { title: 'Scenarios that come with RasPy, as files', result: [json('files')] }),
});
