import type { Clock } from '@raspy/clock';
import { HttpProblem } from '../problem.js';
import type { JsonFile } from '../files/json-file.js';
import { isClaimCode, newClaimCode } from './claim.js';
import { PasswordsBusyError } from './password.js';
import type { Role } from './roles.js';
import { sameText, type KeptSessions, type Sessions } from './sessions.js';
import { Throttle } from './throttle.js';
import type { Users } from './users.js';

/** Who sends a request, as far as it has shown. */
export interface Caller {
  readonly address: string;
  /** `undefined` for somebody who is not logged in. */
  readonly user?: string;
  readonly role?: Role;
  /** Of the session, to be sent along with each change. */
  readonly csrf?: string;
  /** Of the session. */
  readonly family?: string;
  /** By which token. */
  readonly token?: string;
}

/** What a request shows at the door. */
export interface Shown {
  readonly address: string;
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
}

/** What a {@link Doorkeeper} is told. */
export interface DoorkeeperOptions {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly store: Pick<JsonFile<KeptSessions>, 'save'>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** Told of sessions that could not be kept: they end with this process. */
  readonly onError: (error: unknown) => void;
}

const WRONG = 'this name and this password do not belong together';
/** A name may be blocked by anybody who knows it: not for long. */
const NAME_LONGEST_MS = 60_000;

/** Who gets in, and how: claim, login, sessions, tokens; slows down who guesses. */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #byName = new Throttle({ longestMs: NAME_LONGEST_MS });
  readonly #byAddress = new Throttle({ free: 10 });
  #claimCode: string | undefined;
  /** Logins that failed, so far. */
  failures = 0;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    if (!options.users.isClaimed) this.#claimCode = newClaimCode(options.random);
  }

  /** What makes somebody the owner of this home; `undefined` when it has one. */
  get claimCode(): string | undefined {
    return this.#claimCode;
  }

  get sessions(): number {
    return this.#options.sessions.size;
  }

  /** @throws HttpProblem 401 for a token that is none: whoever shows one means it */
  identify({ address, cookie, authorization }: Shown): Caller {
    const { users, sessions, clock } = this.#options;
    if (authorization !== undefined) {
      const found = users.ofToken(/^Bearer (\S+)$/.exec(authorization)?.[1] ?? '', clock.wallNow());
      if (found === undefined)
        throw new HttpProblem(401, 'BAD_TOKEN', 'this token is not good, or not any more');
      return { address, ...found };
    }
    const session = cookie === undefined ? undefined : sessions.find(clock.now(), cookie);
    const role = session === undefined ? undefined : users.roleOf(session.user);
    return session === undefined || role === undefined ? { address } : { address, role, ...session };
  }

  /** Whether whoever was let in may still stay; for streams that last. */
  isStillIn({ user, family }: Caller): boolean {
    const { users, sessions, clock } = this.#options;
    if (user === undefined || users.roleOf(user) === undefined) return false;
    return family === undefined || sessions.lives(clock.now(), family);
  }

  /** A new cookie, when it is time for one. */
  rotated(cookie: string): string | undefined {
    const next = this.#options.sessions.rotate(this.#options.clock.now(), cookie);
    if (next !== undefined) void this.keep();
    return next;
  }

  isCsrf(caller: Caller, shown: string | undefined): boolean {
    return caller.csrf !== undefined && shown !== undefined && sameText(caller.csrf, shown);
  }

  /** Makes the owner. @returns the cookie of a session @throws HttpProblem (rejects) for a wrong code, or an owned home */
  async claim(address: string, code: string, name: string, password: string): Promise<string> {
    const { users, clock } = this.#options;
    if (this.#claimCode === undefined)
      throw new HttpProblem(409, 'CLAIMED', 'this home has an owner already');
    await this.#attempt(
      address,
      undefined,
      () => Promise.resolve(isClaimCode(code, this.#claimCode ?? '')),
      'this is not the claim code',
    );
    await users.claim(name, password, clock.wallNow());
    this.#claimCode = undefined;
    return this.#begin(name);
  }

  /** @returns the cookie of a new session @throws HttpProblem (rejects) when name or password are wrong, or it was too often */
  async login(address: string, name: string, password: string, before: string | undefined): Promise<string> {
    const { users, sessions, clock } = this.#options;
    await this.#attempt(address, name, () => users.authenticate(name, password), WRONG);
    if (before !== undefined) sessions.end(clock.now(), before);
    return this.#begin(name);
  }

  /** A user changes its password; its other sessions end. @returns the cookie of a new session */
  async changePassword(address: string, name: string, current: string, password: string): Promise<string> {
    const { users } = this.#options;
    await this.#attempt(
      address,
      name,
      () => users.authenticate(name, current),
      'the current password is another one',
    );
    await users.update(name, { password });
    this.forget(name);
    return this.#begin(name);
  }

  logout(cookie: string): Promise<void> {
    this.#options.sessions.end(this.#options.clock.now(), cookie);
    return this.keep();
  }

  /** Ends all sessions of a user. */
  forget(name: string): void {
    this.#options.sessions.endAll(name);
    void this.keep();
  }

  /** Puts sessions on disk. Never rejects: those that are not kept end with this process. */
  async keep(): Promise<void> {
    const { store, sessions, clock, onError } = this.#options;
    await store.save(sessions.keep(clock.now(), clock.wallNow())).catch(onError);
  }

  async #begin(name: string): Promise<string> {
    const cookie = this.#options.sessions.begin(this.#options.clock.now(), name);
    await this.keep();
    return cookie;
  }

  async #attempt(
    address: string,
    name: string | undefined,
    isRight: () => Promise<boolean>,
    wrong: string,
  ): Promise<void> {
    const throttled = [
      { throttle: this.#byAddress, key: address },
      ...(name === undefined ? [] : [{ throttle: this.#byName, key: name.toLowerCase() }]),
    ];
    const now = this.#options.clock.now();
    const waitMs = Math.max(...throttled.map(({ throttle, key }) => throttle.waitMs(now, key)));
    if (waitMs > 0) throw tooMany(waitMs);
    for (const { throttle, key } of throttled) throttle.begin(now, key);
    let right: boolean;
    try {
      right = await isRight();
    } catch (error) {
      for (const { throttle, key } of throttled) throttle.withdraw(key);
      if (error instanceof PasswordsBusyError)
        throw new HttpProblem(429, 'TOO_MANY', error.message, { retryAfterMs: 2_000 });
      throw error;
    }
    if (!right) {
      this.failures += 1;
      throw new HttpProblem(401, 'WRONG', wrong);
    }
    // An address with one good login is not trusted with guesses at others.
    this.#byAddress.withdraw(address);
    if (name !== undefined) this.#byName.succeed(name.toLowerCase());
  }
}

function tooMany(waitMs: number): HttpProblem {
  const seconds = Math.ceil(waitMs / 1_000);
  return new HttpProblem(429, 'TOO_MANY', `too many attempts: try again in ${seconds} s`, {
    retryAfterMs: waitMs,
  });
}
