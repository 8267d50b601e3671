import { frameText, type Frames, textFrame } from '@raspy/wire';
import { z } from 'zod';
import { action, defineService } from './definition.js';
import { bytes, json, keys, optional, rest, text } from './frame-kind.js';
import { type Requester, type RequesterOptions, serviceClient } from './service-client.js';

const definition = defineService({
  listKeys: action('list_keys', { result: [keys('keys')] }),
  exec: action('exec', {
    params: [text('device'), text('command'), optional(json('args', z.object({ percent: z.number() })))],
    result: [json('result', z.object({ percent: z.number() })), rest(bytes('bytes'))],
  }),
  all: action('all', { result: [optional(json('values', z.record(z.string(), z.number())))] }),
  put: action('put', { params: [text('name'), rest(bytes('parts'))] }),
});

class Recorder implements Requester {
  readonly sent: { service: string; body: string[]; options: RequesterOptions | undefined }[] = [];
  constructor(readonly reply: Frames) {}
  request(service: string, body: Frames, options?: RequesterOptions): Promise<Frames> {
    this.sent.push({ service, body: body.map(frameText), options });
    return Promise.resolve(this.reply);
  }
}

function devices(...reply: (string | Uint8Array)[]) {
  const recorder = new Recorder(reply.map((part) => (typeof part === 'string' ? textFrame(part) : part)));
  return { recorder, client: serviceClient(definition, recorder, 'pi.fake.devices') };
}

describe('A typed client', () => {
  it('sends action and arguments, and reads results before the status', async () => {
    const { recorder, client } = devices('{"percent":40}', 'raw', '200');
    expect(await client.exec('lamp', 'level', { percent: 40 })).toEqual({
      result: { percent: 40 },
      bytes: [textFrame('raw')],
    });
    expect(recorder.sent).toEqual([
      { service: 'pi.fake.devices', body: ['exec', 'lamp', 'level', '{"percent":40}'], options: {} },
    ]);
  });

  it('returns the one result itself, and nothing where there is none', async () => {
    expect(await devices('a|b', '200').client.listKeys()).toEqual(['a', 'b']);
    expect(await devices('a', 'b', '200').client.listKeys()).toEqual(['a', 'b']);
    expect(await devices('200').client.all()).toBeUndefined();
    expect(await devices('{"a":1}', '200').client.all()).toEqual({ a: 1 });
    await expect(devices('200').client.put('x')).resolves.toBeUndefined();
  });

  it('spreads what a rest takes', async () => {
    const { recorder, client } = devices('200');
    await client.put('x', textFrame('1'), textFrame('2'));
    await client.put('x');
    expect(recorder.sent.map(({ body }) => body)).toEqual([
      ['put', 'x', '1', '2'],
      ['put', 'x'],
    ]);
  });

  it('accepts a status with text behind it', async () => {
    await expect(devices('200 fine').client.put('x')).resolves.toBeUndefined();
  });

  it('sends its options by the requester and by the options frame, each where it belongs', async () => {
    const { recorder, client } = devices('200');
    const { signal } = new AbortController();
    const patient = client.with({ timeoutMs: 10_000, retries: 2, signal, ifNoWorker: 'fail' });
    await patient.with({ key: 'k', deadline: 5, leaseMs: 6, trace: 't', timeoutMs: 1 }).put('x');
    await patient.put('x');
    await client.put('x');
    expect(recorder.sent.map(({ body, options }) => ({ body, options }))).toEqual([
      {
        body: ['put', 'x', 'RSPY1{"key":"k","deadline":5,"leaseMs":6,"trace":"t"}'],
        options: { timeoutMs: 1, retries: 2, signal, ifNoWorker: 'fail' },
      },
      { body: ['put', 'x'], options: { timeoutMs: 10_000, retries: 2, signal, ifNoWorker: 'fail' } },
      { body: ['put', 'x'], options: {} },
    ]);
  });

  it('keeps a last argument that looks like options apart from them', async () => {
    const { recorder, client } = devices('200');
    await client.put('x', textFrame('RSPY1{"key":"mine"}'));
    expect(recorder.sent[0]!.body).toEqual(['put', 'x', 'RSPY1{"key":"mine"}', 'RSPY1{}']);
  });

  it('sends nothing that does not fit', async () => {
    const { recorder, client } = devices('200');
    const untyped = client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const wrong: [Promise<unknown>, RegExp][] = [
      [
        untyped['exec']!('lamp'),
        /"exec" of "pi.fake.devices" was not sent: argument "command": not a string/,
      ],
      [untyped['exec']!('lamp', 'level', { percent: '40' }), /argument "args": percent: /],
      [untyped['exec']!('lamp', 'level', undefined, 'x'), /too many arguments: 4 given, 3 taken at most/],
      [untyped['put']!('x', 'text'), /argument "parts": \[0\]: not a Uint8Array/],
      [client.with({ key: '' }).put('x'), /"key" is not a text/],
      [client.with({ deadline: NaN }).listKeys(), /"deadline" is not a unix time/],
    ];
    for (const [call, message] of wrong) {
      await expect(call).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        service: 'pi.fake.devices',
        message: expect.stringMatching(message) as string,
      });
    }
    expect(recorder.sent).toEqual([]);
  });

  it('raises a status other than 200, with the reason that stands before it', async () => {
    await expect(devices('no device "lamp"', '404').client.exec('lamp', 'on')).rejects.toMatchObject({
      code: 'SERVICE_STATUS',
      status: '404',
      body: [textFrame('no device "lamp"')],
      message: '"pi.fake.devices" answered 404: no device "lamp"',
    });
    await expect(devices('500').client.put('x')).rejects.toMatchObject({
      status: '500',
      message: '"pi.fake.devices" answered 500',
    });
    await expect(devices('', '500').client.put('x')).rejects.toMatchObject({
      message: '"pi.fake.devices" answered 500',
    });
    await expect(devices('exec', '501').client.exec('lamp', 'on')).rejects.toMatchObject({
      message: '"pi.fake.devices" answered 501: it does not know the action "exec"',
    });
    await expect(devices('501').client.exec('lamp', 'on')).rejects.toMatchObject({
      message: '"pi.fake.devices" answered 501: it does not know the action "exec"',
    });
    await expect(
      devices('a lamp has no command "fly"', '501').client.exec('lamp', 'fly'),
    ).rejects.toMatchObject({ message: '"pi.fake.devices" answered 501: a lamp has no command "fly"' });
  });

  it.each([
    ['without frames', []],
    ['without status', ['{"percent":40}']],
    ['with a result too few', ['200']],
    ['with a result of another form', ['{"percent":"40"}', '200']],
    ['with what is no JSON', ['{', '200']],
  ])('raises a reply %s as invalid', async (_, reply) => {
    await expect(devices(...reply).client.exec('lamp', 'on')).rejects.toMatchObject({
      code: 'INVALID_REPLY',
      service: 'pi.fake.devices',
    });
  });

  it('raises a reply with a result too many as invalid', async () => {
    await expect(devices('x', '200').client.put('x')).rejects.toMatchObject({
      code: 'INVALID_REPLY',
      message: expect.stringMatching(/too many results: 1 given, 0 taken at most/) as string,
    });
  });

  it('hands on what its requester rejects with', async () => {
    const failure = new Error('timeout');
    const client = serviceClient(definition, { request: () => Promise.reject(failure) }, 'x');
    await expect(client.listKeys()).rejects.toBe(failure);
  });

  it('is no promise by accident', () => {
    expect('then' in devices('200').client).toBe(false);
  });
});
