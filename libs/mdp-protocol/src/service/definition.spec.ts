import { z } from 'zod';
import { action, type Actions, defineService } from './definition.js';
import { describeService } from './describe.js';
import { bytes, json, keys, optional, rest, text } from './frame-kind.js';

function mistakesOf(actions: Actions): readonly string[] {
  try {
    defineService(actions);
  } catch (error) {
    expect(error).toMatchObject({ code: 'SERVICE_DEFINITION', name: 'ServiceDefinitionError' });
    return (error as { mistakes: readonly string[] }).mistakes;
  }
  return [];
}

describe('defineService', () => {
  it('accepts what can be read back', () => {
    const actions = {
      listKeys: action('list_keys', { result: [keys('keys')] }),
      exec: action('exec', { params: [text('a'), optional(text('b')), optional(text('c'))] }),
      store: action('store', { params: [text('a'), rest(bytes('b'))], result: [text('a')] }),
    };
    expect(defineService(actions).actions).toBe(actions);
  });

  it('tells every mistake at once', () => {
    const mistakes = mistakesOf({
      with: action('a'),
      then: action('b'),
      first: action('c', { params: [optional(text('x')), text('y')] }),
      second: action('c', { result: [rest(text('x')), text('x')] }),
      third: action('', { params: [text('no name')] }),
      fourth: action('d', { params: [optional(text('x')), rest(text('y'))] }),
      fifth: action('e', { params: [keys('keys')] }),
    });
    expect(mistakes).toEqual([
      'no method may be called "with"',
      'no method may be called "then"',
      'parameters of "c": "y" follows one that may be left out, and may not be left out itself',
      'two methods send the action "c"',
      'results of "c": "x" stands twice',
      'results of "c": "x" follows what takes all frames',
      'the action of "third" has no name',
      'parameters of "": "no name" is not a name',
      'parameters of "d": "y" follows one that may be left out, and may not be left out itself',
      'parameters of "e": keys() is for results',
    ]);
  });
});

describe('describeService', () => {
  it('tells actions and frames as plain data, with JSON Schema where a schema offers it', () => {
    const foreign = {
      '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) },
    } as const;
    const described = describeService(
      defineService({
        exec: action('exec', {
          title: 'Carries out a command',
          params: [text('device'), optional(json('args', z.object({ percent: z.number() })))],
          result: [json('result', foreign), rest(bytes('bytes'))],
        }),
        when: action('when', { result: [json('at', z.date())] }),
      }),
    );
    expect(described).toEqual([
      {
        name: 'exec',
        title: 'Carries out a command',
        params: [
          { name: 'device', form: 'text', arity: 'one' },
          {
            name: 'args',
            form: 'json',
            arity: 'optional',
            jsonSchema: expect.objectContaining({
              type: 'object',
              properties: { percent: { type: 'number' } },
            }) as object,
          },
        ],
        result: [
          { name: 'result', form: 'json', arity: 'one' },
          { name: 'bytes', form: 'bytes', arity: 'rest' },
        ],
      },
      // A date has no JSON Schema: it is left out.
      { name: 'when', params: [], result: [{ name: 'at', form: 'json', arity: 'one' }] },
    ]);
    expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  });
});
