import fc from 'fast-check';
import { textFrame } from '@raspy/wire';
import { pooledEntropy } from './entropy.js';
import { Exchange } from './exchange.js';
import { resolveBrokerOptions } from './options.js';
import { Outbox } from './outbox.js';
import { RequestQueue } from './request-queue.js';
import { PendingRequest, ServiceRecord } from './service-record.js';
import { RequestTraces } from './request-traces.js';
import { ServiceTable } from './service-table.js';
import { newCounters } from './statistics.js';
import { TimedPlace } from './timed-line.js';
import { IdleList, WorkerRecord } from './worker-record.js';
import { WaitTimes } from './wait-times.js';
import { WorkerTable } from './worker-table.js';

const options = resolveBrokerOptions({});
const service = new ServiceRecord('echo', textFrame('echo'), 'echo', options.policyOf('echo').policy);

describe('the idle workers of a service', () => {
  it('are a list: whatever is appended, removed and shifted', () => {
    const workers = Array.from(
      { length: 6 },
      (_, i) => new WorkerRecord(String(i), textFrame(String(i)), 1, service, 0),
    );
    const step = fc.tuple(fc.constantFrom('append', 'remove', 'shift'), fc.nat(workers.length - 1));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const list = new IdleList();
        const model: WorkerRecord[] = [];
        for (const [what, index] of steps) {
          const worker = workers[index]!;
          if (what === 'shift') {
            expect(list.shift()).toBe(model.shift());
          } else {
            const at = model.indexOf(worker);
            if (what === 'append' && at < 0) {
              list.append(worker);
              model.push(worker);
            } else if (what === 'remove') {
              list.remove(worker);
              if (at >= 0) model.splice(at, 1);
            }
          }
          expect(list.length).toBe(model.length);
        }
        while (model.length > 0) expect(list.shift()).toBe(model.shift());
        expect(list.shift()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe('the requests of a service', () => {
  const request = (expiresAt: number): PendingRequest =>
    new PendingRequest(textFrame('client'), 1, [], service, [textFrame('x')], expiresAt);

  it('are a line, with those given back at its head; long lines cost no more than short ones', () => {
    const queue = new RequestQueue();
    const line = Array.from({ length: 5_000 }, (_, i) => request(i));
    for (const each of line) queue.push(each);
    const back = [request(9_001), request(9_000)];
    for (const each of back) queue.giveBack(each);
    expect(queue.length).toBe(5_002);
    expect(queue.nextExpiry).toBe(0);
    expect([queue.take(), queue.take()]).toEqual([back[1], back[0]]);
    for (const each of line.slice(0, 4_999)) expect(queue.take()).toBe(each);
    expect(queue.nextExpiry).toBe(4_999);
    queue.push(request(5_000));
    expect(queue.length).toBe(2);
    expect(queue.take()).toBe(line[4_999]);
    queue.take();
    expect([queue.take(), queue.length, queue.bytes, queue.nextExpiry]).toEqual([undefined, 0, 0, Infinity]);
  });

  it('expire one by one, those given back too, in whatever order these came', () => {
    const queue = new RequestQueue();
    const [old, young, next] = [request(10), request(20), request(30)];
    queue.push(next);
    queue.giveBack(old);
    queue.giveBack(young);
    expect(queue.nextExpiry).toBe(10);
    expect(queue.takeExpired(9)).toBeUndefined();
    expect(queue.takeExpired(25)).toBe(old);
    expect(queue.takeExpired(25)).toBe(young);
    expect(queue.takeExpired(25)).toBeUndefined();
    expect(queue.takeExpired(30)).toBe(next);
    expect([queue.length, queue.bytes]).toEqual([0, 0]);
  });
});

describe('requests with a lifetime of their own', () => {
  const own = (expiresAt: number): PendingRequest => {
    const request = new PendingRequest(textFrame('client'), 1, [], service, [textFrame('x')], expiresAt);
    request.timed = new TimedPlace(request, expiresAt);
    return request;
  };
  const plain = (expiresAt: number): PendingRequest =>
    new PendingRequest(textFrame('client'), 1, [], service, [textFrame('x')], expiresAt);

  it('stand in one line with the others, and all expire on time: whatever is pushed, given back and taken', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('push' as const), ttl: fc.option(fc.nat(50)) }),
      fc.record({ what: fc.constant('take' as const) }),
      fc.record({ what: fc.constant('giveBack' as const) }),
      fc.record({ what: fc.constant('pass' as const), span: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new RequestQueue();
        const model: PendingRequest[] = [];
        const taken: PendingRequest[] = [];
        let now = 0;
        const check = (): void => {
          expect(queue.length).toBe(model.length);
          expect(queue.bytes).toBe(model.reduce((sum, { bytes }) => sum + bytes, 0));
          expect(queue.nextExpiry).toBe(Math.min(Infinity, ...model.map(({ expiresAt }) => expiresAt)));
        };
        for (const each of steps) {
          if (each.what === 'push') {
            const request = each.ttl === null ? plain(now + 30) : own(now + each.ttl);
            queue.push(request);
            model.push(request);
          } else if (each.what === 'take') {
            const request = queue.take();
            expect(request).toBe(model.shift());
            if (request !== undefined) taken.push(request);
          } else if (each.what === 'giveBack') {
            const request = taken.pop();
            if (request === undefined) continue;
            queue.giveBack(request);
            model.unshift(request);
          } else {
            now += each.span;
            for (let gone = queue.takeExpired(now); gone !== undefined; gone = queue.takeExpired(now)) {
              expect(gone.expiresAt).toBeLessThanOrEqual(now);
              model.splice(model.indexOf(gone), 1);
            }
            expect(model.every(({ expiresAt }) => expiresAt > now)).toBe(true);
          }
          check();
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the deletion of a worker', () => {
  it('D7: is one operation over all indexes, and does nothing the second time', () => {
    const outbox = new Outbox();
    const counters = newCounters();
    const services = new ServiceTable(options, outbox);
    const parts = {
      options,
      services,
      outbox,
      counters,
      traces: new RequestTraces(outbox, false),
      waits: new WaitTimes(),
    };
    const exchange = new Exchange({ ...parts, entropy: pooledEntropy() });
    const workers = new WorkerTable({ ...parts, exchange });
    const worker = workers.register(0, textFrame('worker'), 1, textFrame('echo'));
    outbox.take();
    workers.remove(0, worker, 'expired');
    expect(outbox.take()).toMatchObject([
      { event: { type: 'workers-changed', workers: 0 } },
      { event: { type: 'worker-removed' } },
    ]);
    workers.remove(0, worker, 'expired');
    expect(outbox.take()).toEqual([]);
    expect([workers.size, services.visible, services.hidden, worker.service.workers]).toEqual([0, 0, 0, 0]);
    expect(counters.workersRemoved).toBe(1);
  });
});
