import type { Millis } from '@raspy/clock';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** How long sessions last. */
export interface SessionLimits {
  /** Without any request. @default 7 days */
  readonly idleMs?: Millis;
  /** In all, however busy. @default 30 days */
  readonly absoluteMs?: Millis;
  /** So often its cookie is replaced. @default an hour */
  readonly rotateMs?: Millis;
  /** So long the one before is still good once the new one has come, for requests that are under way. @default 30 s */
  readonly graceMs?: Millis;
  /** Of one user; the one that is quiet for longest ends. @default 20 */
  readonly perUser?: number;
}

/** What a session is told to be made of: the machine's, or a test's. */
export interface SessionSources {
  /** Of the installation; cookies are signed with it. */
  readonly secret: Buffer;
  readonly random: (bytes: number) => Buffer;
}

/** A session that is good. */
export interface Session {
  readonly user: string;
  /** What each change has to send along. */
  readonly csrf: string;
  /** Names it for as long as it lasts; nothing can be done with it. */
  readonly family: string;
}

/** Sessions as they are kept: no cookie can be made from it without the secret. */
export const keptSessionsSchema = z.object({
  version: z.literal(1),
  sessions: z.array(
    z.object({
      user: z.string(),
      family: z.string(),
      hash: z.string(),
      ageMs: z.number(),
      idleMs: z.number(),
    }),
  ),
  /** By the wall clock: what has passed since counts, if that clock can be believed. */
  at: z.number(),
});
export type KeptSessions = z.infer<typeof keptSessionsSchema>;

interface Entry {
  readonly user: string;
  readonly family: string;
  readonly createdAt: Millis;
  seenAt: Millis;
  rotatedAt: Millis;
  hash: string;
  /** The cookie before: good until the new one has been seen, since that may be lost on its way. */
  previous: string | undefined;
  confirmedAt: Millis | undefined;
}

const DAY_MS = 86_400_000;

/** Who is logged in: cookies that are signed, replaced from time to time, and end by themselves. Pure; counts on `now`. */
export class Sessions {
  readonly #sources: SessionSources;
  readonly #limits: Required<SessionLimits>;
  readonly #byHash = new Map<string, Entry>();

  constructor(sources: SessionSources, limits: SessionLimits = {}) {
    this.#sources = sources;
    this.#limits = {
      idleMs: limits.idleMs ?? 7 * DAY_MS,
      absoluteMs: limits.absoluteMs ?? 30 * DAY_MS,
      rotateMs: limits.rotateMs ?? 3_600_000,
      graceMs: limits.graceMs ?? 30_000,
      perUser: limits.perUser ?? 20,
    };
  }

  get size(): number {
    return this.#entries().length;
  }

  /** Begins a session. @returns the value of its cookie */
  begin(now: Millis, user: string): string {
    const mine = this.#entries().filter((entry) => entry.user === user);
    if (mine.length >= this.#limits.perUser) this.#end(mine.sort((a, b) => a.seenAt - b.seenAt)[0]!);
    const { cookie, hash } = this.#newCookie();
    const family = this.#sources.random(16).toString('base64url');
    const times = { createdAt: now, seenAt: now, rotatedAt: now };
    this.#byHash.set(hash, { user, family, ...times, hash, previous: undefined, confirmedAt: undefined });
    return cookie;
  }

  /** The session of a cookie; `undefined` for one that is forged, over or ended. Counts as a sign of life. */
  find(now: Millis, cookie: string): Session | undefined {
    const entry = this.#entryOf(now, cookie);
    if (entry === undefined) return undefined;
    entry.seenAt = now;
    if (entry.hash === hashOf(cookie)) entry.confirmedAt ??= now;
    return this.#told(entry);
  }

  /** Whether a session is still good, without a sign of life. */
  lives(now: Millis, family: string): boolean {
    return this.#entries().some((entry) => entry.family === family && !this.#isOver(now, entry));
  }

  /** A new cookie in the place of this one when it is time; the old one is good for a little longer. */
  rotate(now: Millis, cookie: string): string | undefined {
    const entry = this.#entryOf(now, cookie);
    if (entry === undefined || now - entry.rotatedAt < this.#limits.rotateMs) return undefined;
    const next = this.#newCookie();
    const shown = hashOf(cookie);
    for (const hash of [entry.hash, entry.previous]) {
      if (hash !== undefined && hash !== shown) this.#byHash.delete(hash);
    }
    entry.previous = shown;
    entry.hash = next.hash;
    entry.rotatedAt = now;
    entry.confirmedAt = undefined;
    this.#byHash.set(next.hash, entry);
    return next.cookie;
  }

  /** Ends the session of a cookie, for good. */
  end(now: Millis, cookie: string): void {
    const entry = this.#entryOf(now, cookie);
    if (entry !== undefined) this.#end(entry);
  }

  /** Ends all of a user: its password was changed, or it is gone. */
  endAll(user: string): void {
    for (const entry of this.#entries()) if (entry.user === user) this.#end(entry);
  }

  /** What is to be kept over a restart. */
  keep(now: Millis, wallNow: Millis): KeptSessions {
    const sessions = this.#entries().map(({ user, family, hash, createdAt, seenAt }) => {
      return { user, family, hash, ageMs: now - createdAt, idleMs: now - seenAt };
    });
    return { version: 1, sessions, at: wallNow };
  }

  /** Takes what was kept; a wall clock that went backwards counts as no time. */
  restore(now: Millis, wallNow: Millis, kept: KeptSessions): void {
    const passedMs = Math.max(0, wallNow - kept.at);
    for (const { user, family, hash, ageMs, idleMs } of kept.sessions) {
      const times = { createdAt: now - ageMs - passedMs, seenAt: now - idleMs - passedMs };
      const entry: Entry = {
        user,
        family,
        ...times,
        rotatedAt: times.createdAt,
        hash,
        previous: undefined,
        confirmedAt: undefined,
      };
      if (!this.#isOver(now, entry)) this.#byHash.set(hash, entry);
    }
  }

  #entries(): Entry[] {
    return [...new Set(this.#byHash.values())];
  }

  #entryOf(now: Millis, cookie: string): Entry | undefined {
    if (!this.#isSigned(cookie)) return undefined;
    const hash = hashOf(cookie);
    const entry = this.#byHash.get(hash);
    if (entry === undefined) return undefined;
    if (this.#isOver(now, entry)) {
      this.#end(entry);
      return undefined;
    }
    const { confirmedAt = Infinity } = entry;
    const isOld = entry.hash !== hash && now - confirmedAt > this.#limits.graceMs;
    return isOld ? undefined : entry;
  }

  #isOver(now: Millis, { createdAt, seenAt }: Entry): boolean {
    return now - seenAt > this.#limits.idleMs || now - createdAt > this.#limits.absoluteMs;
  }

  #end({ hash, previous }: Entry): void {
    this.#byHash.delete(hash);
    if (previous !== undefined) this.#byHash.delete(previous);
  }

  #told({ user, family }: Entry): Session {
    return { user, family, csrf: this.#sign(`csrf ${family}`) };
  }

  #newCookie(): { readonly cookie: string; readonly hash: string } {
    const id = this.#sources.random(24).toString('base64url');
    const cookie = `${id}.${this.#sign(id)}`;
    return { cookie, hash: hashOf(cookie) };
  }

  #isSigned(cookie: string): boolean {
    const [id = '', signature = ''] = cookie.split('.');
    return sameText(signature, this.#sign(id));
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#sources.secret).update(text).digest('base64url');
  }
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function sameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url');
}
