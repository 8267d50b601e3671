import { OptionCheck, OptionError } from './option-check.js';

class PumpOptionError extends OptionError {
  override readonly name = 'PumpOptionError';
}

function failureOf(check: OptionCheck): unknown {
  try {
    check.done();
    return undefined;
  } catch (error) {
    return error;
  }
}

it('tells all mistakes at once, as an error of the class that was given', () => {
  const check = new OptionCheck(PumpOptionError);
  check.millis('everyMs', Infinity);
  check.millis('afterMs', -1, true);
  check.count('pumps', 1.5, 1);
  check.count('tanks', 0, 1);
  check.require(false, 'name is empty, must be at least a letter');
  const error = failureOf(check);
  expect(error).toBeInstanceOf(PumpOptionError);
  expect(error).toMatchObject({
    name: 'PumpOptionError',
    code: 'INVALID_OPTION',
    mistakes: [
      'everyMs is Infinity, must be milliseconds above 0',
      'afterMs is -1, must be milliseconds above 0',
      'pumps is 1.5, must be a whole number of at least 1',
      'tanks is 0, must be a whole number of at least 1',
      'name is empty, must be at least a letter',
    ],
  });
});

it('is silent about options that have a meaning', () => {
  const check = new OptionCheck(PumpOptionError);
  check.millis('everyMs', 0.5);
  check.millis('afterMs', Infinity, true);
  check.count('pumps', 1, 1);
  check.require(true, 'never told');
  expect(failureOf(check)).toBeUndefined();
});
