import { randomBytes } from 'node:crypto';
import { VirtualClock } from '@raspy/clock';
import fc from 'fast-check';
import { isClaimCode, newClaimCode } from './claim.js';
import { Doorkeeper } from './doorkeeper.js';
import { CHEAP_COST, Passwords } from './password.js';
import { reaches, ROLES, SCOPES, tokenRole } from './roles.js';
import { Sessions, type SessionLimits } from './sessions.js';
import { Throttle } from './throttle.js';
import { Users, type UsersFile } from './users.js';

const secret = Buffer.alloc(32, 7);
const sessionsOf = (limits: SessionLimits = {}): Sessions =>
  new Sessions({ secret, random: randomBytes }, limits);

describe('a password', () => {
  it('matches itself alone, whichever way its letters are composed, and has a salt of its own', async () => {
    const passwords = new Passwords(CHEAP_COST);
    const kept = await passwords.keep('caf\u00e9 au lait');
    expect(await passwords.matches('cafe\u0301 au lait', kept)).toBe(true);
    expect(await passwords.matches('cafe au lait', kept)).toBe(false);
    expect(await passwords.matches('x', undefined)).toBe(false);
    expect(await passwords.keep('caf\u00e9 au lait')).not.toEqual(kept);
  });

  it('is tried with the cost that it was kept with', async () => {
    const kept = await new Passwords({ n: 2_048, r: 8, p: 1 }).keep('secret');
    expect(await new Passwords(CHEAP_COST).matches('secret', kept)).toBe(true);
  });

  it('is not tried when too many are', async () => {
    const passwords = new Passwords(CHEAP_COST);
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => passwords.keep('x')));
    const refused = outcomes.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(50 - 34);
    expect(refused[0]!.reason).toMatchObject({ code: 'PASSWORDS_BUSY' });
    expect(await passwords.keep('x')).toBeDefined();
  });
});

describe('a throttle', () => {
  it('lets a few failures pass, then doubles the delay up to the longest, and forgets after an hour', () => {
    const throttle = new Throttle({ free: 2, firstMs: 1_000, longestMs: 5_000, forgetMs: 3_600_000 });
    const delays = Array.from({ length: 7 }, () => {
      throttle.begin(0, 'ada');
      return throttle.waitMs(0, 'ada');
    });
    expect(delays).toEqual([0, 0, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(throttle.waitMs(4_000, 'ada')).toBe(1_000);
    expect(throttle.waitMs(0, 'bob')).toBe(0);
    throttle.begin(3_600_000, 'ada');
    expect(throttle.waitMs(3_600_000, 'ada')).toBe(0);
  });

  it('forgets who has succeeded, and counts an attempt that was not made as none', () => {
    const throttle = new Throttle({ free: 0 });
    throttle.begin(0, 'ada');
    throttle.withdraw('ada');
    expect(throttle.waitMs(0, 'ada')).toBe(0);
    throttle.begin(0, 'ada');
    throttle.succeed('ada');
    throttle.withdraw('ada');
    expect(throttle.waitMs(0, 'ada')).toBe(0);
  });

  it('remembers so many names at most', () => {
    const throttle = new Throttle({ free: 0, maxNames: 2 });
    for (const name of ['a', 'b', 'c']) throttle.begin(0, name);
    expect(['a', 'b', 'c'].map((name) => throttle.waitMs(0, name) > 0)).toEqual([false, true, true]);
  });
});

describe('a session', () => {
  it('is found by its cookie, and by no other text', () => {
    const sessions = sessionsOf();
    const cookie = sessions.begin(0, 'ada');
    expect(sessions.find(0, cookie)).toMatchObject({
      user: 'ada',
      csrf: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(new Sessions({ secret: Buffer.alloc(32), random: randomBytes }).find(0, cookie)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => sessions.find(0, text) === undefined));
    fc.assert(
      fc.property(fc.nat(cookie.length - 1), fc.constantFrom('A', 'B', '.', '-'), (at, letter) => {
        const forged = cookie.slice(0, at) + letter + cookie.slice(at + 1);
        return forged === cookie || sessions.find(0, forged) === undefined;
      }),
    );
  });

  it('ends when nothing came for too long, and at its longest whatever came', () => {
    const sessions = sessionsOf({ idleMs: 100, absoluteMs: 250, rotateMs: Infinity });
    const idle = sessions.begin(0, 'ada');
    const busy = sessions.begin(0, 'bob');
    for (const now of [90, 180, 240]) expect(sessions.find(now, busy)).toBeDefined();
    expect(sessions.find(101, idle)).toBeUndefined();
    expect(sessions.find(251, busy)).toBeUndefined();
    expect(sessions.size).toBe(0);
  });

  it('gets a new cookie from time to time; the old one is good until the new one has come, and a little longer', () => {
    const sessions = sessionsOf({ rotateMs: 100, graceMs: 10 });
    const first = sessions.begin(0, 'ada');
    const { csrf, family } = sessions.find(0, first)!;
    expect(sessions.rotate(99, first)).toBeUndefined();
    const lost = sessions.rotate(100, first)!;
    expect(sessions.find(150, first)).toMatchObject({ csrf, family });
    const second = sessions.rotate(200, first)!;
    expect(sessions.find(201, lost)).toBeUndefined();
    expect(sessions.find(202, second)).toMatchObject({ csrf, family });
    expect(sessions.find(212, first)).toBeDefined();
    expect(sessions.find(213, first)).toBeUndefined();
    expect(sessions.lives(213, family)).toBe(true);
    sessions.end(213, second);
    expect([sessions.find(213, second), sessions.lives(213, family), sessions.size]).toEqual([
      undefined,
      false,
      0,
    ]);
  });

  it('gives way when its user has too many, and ends with all of its user', () => {
    const sessions = sessionsOf({ perUser: 2 });
    const [first, second, third] = [0, 1, 2].map((now) => sessions.begin(now, 'ada'));
    expect([first!, second!, third!].map((cookie) => sessions.find(3, cookie) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    sessions.endAll('ada');
    expect(sessions.size).toBe(0);
  });

  it('outlives a restart, with the time that has passed', () => {
    const sessions = sessionsOf({ idleMs: 100 });
    const cookie = sessions.begin(0, 'ada');
    const kept = sessions.keep(50, 1_000);
    const restored = (wallNow: number): Sessions => {
      const next = sessionsOf({ idleMs: 100 });
      next.restore(7, wallNow, kept);
      return next;
    };
    expect(restored(1_050).find(7, cookie)).toMatchObject({ user: 'ada' });
    expect(restored(1_051).find(7, cookie)).toBeUndefined();
    expect(restored(0).find(7, cookie)).toBeDefined();
    expect(JSON.stringify(kept)).not.toContain(cookie);
  });
});

it('reads a claim code with or without dashes, in letters of either size', () => {
  const code = newClaimCode(randomBytes);
  expect(code).toMatch(/^([A-HJ-NP-Z2-9]{4}-){2}[A-HJ-NP-Z2-9]{4}$/);
  expect(isClaimCode(` ${code.toLowerCase().replaceAll('-', '')} `, code)).toBe(true);
  expect(isClaimCode('', code)).toBe(false);
});

it('lets a token do no more than its owner may', () => {
  for (const [index, scope] of SCOPES.entries()) {
    for (const [owner, role] of ROLES.entries()) {
      const given = tokenRole(scope, role);
      expect(given).toBe(ROLES[Math.min(index, owner)]);
      expect(reaches(role, given)).toBe(true);
    }
  }
});

describe('users', () => {
  const empty: UsersFile = { version: 1, users: [], tokens: [] };
  const make = (store = { save: () => Promise.resolve() }): Users =>
    new Users(empty, store, new Passwords(CHEAP_COST));

  it('have one owner from the claim, and always an admin', async () => {
    const users = make();
    expect(users.isClaimed).toBe(false);
    await users.claim('ada', 'pass', 1);
    await expect(users.claim('bob', 'pass', 2)).rejects.toMatchObject({ code: 'CLAIMED' });
    await expect(users.update('ada', { role: 'viewer' })).rejects.toMatchObject({ code: 'LAST_ADMIN' });
    await expect(users.remove('ada')).rejects.toMatchObject({ code: 'LAST_ADMIN' });
    await users.add('bob', 'pass', 'admin', 2);
    expect(await users.update('ada', { role: 'viewer', password: 'other' })).toMatchObject({
      role: 'viewer',
    });
    expect(await users.authenticate('ada', 'other')).toBe(true);
    await users.remove('ada');
    expect(users.list()).toEqual([{ name: 'bob', role: 'admin', createdAt: 2 }]);
    await expect(users.update('ada', {})).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
    await expect(users.add('BOB', 'pass', 'viewer', 3)).rejects.toMatchObject({ code: 'DUPLICATE_USER' });
  });

  it('are as they were when a change cannot be kept', async () => {
    const users = make({ save: () => Promise.reject(new Error('disk full')) });
    await expect(users.claim('ada', 'pass', 1)).rejects.toThrow('disk full');
    expect([users.isClaimed, users.roleOf('ada'), users.preferences('ada')]).toEqual([false, undefined, {}]);
  });

  it('have tokens that end at their time, with their owner, and when they are ended', async () => {
    const users = make();
    await users.claim('ada', 'pass', 0);
    await users.add('bob', 'pass', 'viewer', 0);
    const { token, id } = await users.addToken('ada', { title: 't', scope: 'operate', expiresAt: 100 }, 0);
    const bobs = await users.addToken('bob', { title: 'b', scope: 'admin' }, 0);
    expect(users.ofToken(token, 99)).toEqual({ user: 'ada', role: 'operator', token: id });
    expect(users.ofToken(token, 100)).toBeUndefined();
    expect(users.ofToken(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, 0)).toBeUndefined();
    expect(users.ofToken(bobs.token, 0)).toMatchObject({ role: 'viewer' });
    expect(JSON.stringify(users.tokens())).not.toContain(token.slice(-20));
    await users.remove('bob');
    expect(users.ofToken(bobs.token, 0)).toBeUndefined();
    await users.removeToken(id);
    await expect(users.removeToken(id)).rejects.toMatchObject({ code: 'UNKNOWN_TOKEN' });
    expect(users.ofToken(token, 0)).toBeUndefined();
  });
});

describe('a doorkeeper', () => {
  const make = async () => {
    const clock = new VirtualClock();
    const users = new Users(
      { version: 1, users: [], tokens: [] },
      { save: () => Promise.resolve() },
      new Passwords(CHEAP_COST),
    );
    await users.claim('ada', 'right', 0);
    const errors: unknown[] = [];
    const door = new Doorkeeper({
      users,
      sessions: sessionsOf(),
      store: { save: () => Promise.reject(new Error('disk full')) },
      clock,
      random: randomBytes,
      onError: (error) => errors.push(error),
    });
    return { clock, users, door, errors };
  };

  it('slows down who guesses the password of a name, from wherever', async () => {
    const { door, clock } = await make();
    for (const address of ['1', '2', '3', '4']) {
      await expect(door.login(address, 'ada', 'wrong', undefined)).rejects.toMatchObject({ status: 401 });
    }
    await expect(door.login('5', 'Ada', 'right', undefined)).rejects.toMatchObject({
      status: 429,
      retryAfterMs: 1_000,
    });
    clock.advanceBy(1_000);
    expect(await door.login('5', 'ada', 'right', undefined)).toBeDefined();
    expect(door.failures).toBe(4);
  });

  it('slows down an address that tries many names, though it knows one', async () => {
    const { door } = await make();
    for (let attempt = 0; attempt < 11; attempt++) {
      await expect(door.login('1', `nobody${attempt}`, 'x', undefined)).rejects.toMatchObject({
        code: 'WRONG',
      });
      if (attempt === 5) await door.login('1', 'ada', 'right', undefined);
    }
    await expect(door.login('1', 'nobody', 'x', undefined)).rejects.toMatchObject({ status: 429 });
    expect(await door.login('2', 'ada', 'right', undefined)).toBeDefined();
  });

  it('says the same of a name that is not there as of a wrong password', async () => {
    const { door } = await make();
    const said = async (name: string) =>
      door.login('1', name, 'wrong', undefined).catch((error: unknown) => (error as Error).message);
    expect(await said('nobody')).toBe(await said('ada'));
  });

  it('lets in though sessions cannot be put on disk, and says so', async () => {
    const { door, errors, users } = await make();
    const cookie = await door.login('1', 'ada', 'right', undefined);
    const caller = door.identify({ address: '1', cookie, authorization: undefined });
    expect([caller.user, door.isStillIn(caller), errors.length]).toEqual(['ada', true, 1]);
    await users.add('bob', 'x', 'admin', 0);
    await users.remove('ada');
    expect(door.isStillIn(caller)).toBe(false);
    expect(door.identify({ address: '1', cookie, authorization: undefined })).toEqual({ address: '1' });
    expect(() => door.identify({ address: '1', cookie, authorization: 'Basic x' })).toThrow('not good');
  });
});
