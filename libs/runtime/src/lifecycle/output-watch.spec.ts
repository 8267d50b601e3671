import { EventEmitter } from 'node:events';
import { OutputWatch } from './output-watch.js';

function play() {
  const stdout = new EventEmitter();
  const told: string[] = [];
  const stderr = Object.assign(new EventEmitter(), { write: (text: string) => told.push(text) });
  const exits: number[] = [];
  const watch = new OutputWatch({ stdout, stderr, exit: (code) => void exits.push(code) });
  const fail = (stream: EventEmitter, code: string): boolean =>
    stream.emit('error', Object.assign(new Error(`write ${code}`), { code }));
  return { stdout, stderr, told, exits, watch, fail };
}

it.each(['EPIPE', 'ENOSPC', 'EIO'])('goes on when the log cannot be written: %s', (code) => {
  const { stderr, exits, watch, fail } = play();
  fail(stderr, code);
  expect([exits, watch.outcome]).toEqual([[], undefined]);
});

it.each(['EPIPE', 'ENOSPC', 'EIO'])(
  'goes on without standard output where that is a courtesy: %s',
  (code) => {
    const { stdout, exits, told, watch, fail } = play();
    watch.outputIsCourtesy();
    watch.onLost((reason) => told.push(reason));
    fail(stdout, code);
    expect([exits, told, watch.outcome]).toEqual([[], [], undefined]);
  },
);

it('ends a tool well and silently when its reader goes away', () => {
  const { stdout, exits, told, fail } = play();
  fail(stdout, 'EPIPE');
  expect([exits, told]).toEqual([[0], []]);
});

it('ends a tool with 1 and a message when its output cannot be written', () => {
  const { stdout, exits, told, fail } = play();
  fail(stdout, 'ENOSPC');
  expect(exits).toEqual([1]);
  expect(told).toEqual([
    'standard output cannot be written (write ENOSPC): give it room, or another place\n',
  ]);
});

it('asks a program that can end in good order to do so, once however many lines fail, and keeps the outcome', () => {
  const { stdout, exits, watch, fail } = play();
  const reasons: string[] = [];
  watch.onLost((reason) => void reasons.push(reason));
  const stop = watch.onLost(() => void reasons.push('heard after it stopped listening'));
  stop();
  fail(stdout, 'ENOSPC');
  fail(stdout, 'ENOSPC');
  expect([exits, reasons, watch.outcome]).toEqual([[], ['ENOSPC'], 1]);
});
