import { createHash, randomBytes } from 'node:crypto';
import type { Millis } from '@raspy/clock';
import { z } from 'zod';
import { HttpProblem } from '../problem.js';
import type { JsonFile } from '../files/json-file.js';
import type { Passwords } from './password.js';
import { ROLES, SCOPES, tokenRole, type Role, type Scope } from './roles.js';
import { sameText } from './sessions.js';

/** What users are called. */
export const userNameSchema = z
  .string()
  .regex(/^[\p{L}\p{N}._-]{1,64}$/u, 'give 1 to 64 letters, digits, dots, - or _')
  .meta({ description: 'Name of a user' });
/** Length alone is asked for: rules about kinds of characters make people choose worse ones. */
export const passwordSchema = z.string().min(10, 'give at least 10 characters').max(256);

const kept = z.object({
  salt: z.string(),
  hash: z.string(),
  cost: z.object({ n: z.number(), r: z.number(), p: z.number() }),
});
const userSchema = z.object({
  name: userNameSchema,
  role: z.enum(ROLES),
  password: kept,
  createdAt: z.number(),
  preferences: z.unknown().optional(),
});
const tokenSchema = z.object({
  id: z.string(),
  title: z.string(),
  owner: z.string(),
  scope: z.enum(SCOPES),
  hash: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().optional(),
});
/** The file of users. */
export const usersFileSchema = z.object({
  version: z.literal(1),
  users: z.array(userSchema),
  tokens: z.array(tokenSchema),
});
export type UsersFile = z.infer<typeof usersFileSchema>;
type User = UsersFile['users'][number];
type Token = UsersFile['tokens'][number];

/** A user as others are told. */
export interface UserReport {
  readonly name: string;
  readonly role: Role;
  /** Unix milliseconds. */
  readonly createdAt: Millis;
}

/** A token as people are told: never the token itself. */
export type TokenReport = Omit<Token, 'hash'>;

/** What a token is made with. */
export interface NewToken {
  readonly title: string;
  readonly scope: Scope;
  /** Unix milliseconds; without it never. */
  readonly expiresAt?: number | undefined;
}

const MAX_USERS = 1_000;
const MAX_TOKENS = 1_000;
const TOKEN_FORM = /^raspy_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** Who may come in, as it is kept: a change holds only when it is on disk. */
export class Users {
  #file: UsersFile;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    file: UsersFile,
    private readonly store: Pick<JsonFile<UsersFile>, 'save'>,
    private readonly passwords: Passwords,
  ) {
    this.#file = file;
  }

  /** Whether the home has an owner. */
  get isClaimed(): boolean {
    return this.#file.users.length > 0;
  }

  list(): UserReport[] {
    return this.#file.users.map(({ name, role, createdAt }) => ({ name, role, createdAt }));
  }

  roleOf(name: string): Role | undefined {
    return this.#find(name)?.role;
  }

  /** Whether a name and a password belong together; takes as long for a name that is not there. */
  async authenticate(name: string, password: string): Promise<boolean> {
    return this.passwords.matches(password, this.#find(name)?.password);
  }

  /** The owner, of a home that has none. @throws {@link HttpProblem} (rejects) when it has one */
  async claim(name: string, password: string, wallNow: Millis): Promise<void> {
    const keptPassword = await this.passwords.keep(password);
    await this.#change((file) => {
      if (file.users.length > 0) throw new HttpProblem(409, 'CLAIMED', 'this home has an owner already');
      const owner: User = { name, role: 'admin', password: keptPassword, createdAt: wallNow };
      return { ...file, users: [owner] };
    });
  }

  async add(name: string, password: string, role: Role, wallNow: Millis): Promise<UserReport> {
    const keptPassword = await this.passwords.keep(password);
    const user: User = { name, role, password: keptPassword, createdAt: wallNow };
    await this.#change((file) => {
      if (file.users.some((one) => sameName(one.name, name))) {
        throw new HttpProblem(409, 'DUPLICATE_USER', 'there is a user of this name already');
      }
      if (file.users.length >= MAX_USERS)
        throw new HttpProblem(409, 'TOO_MANY_USERS', 'there are too many users');
      return { ...file, users: [...file.users, user] };
    });
    return { name, role, createdAt: wallNow };
  }

  /** Changes role, password or both. @throws {@link HttpProblem} (rejects) for the last admin, who stays one */
  async update(
    name: string,
    change: { readonly role?: Role | undefined; readonly password?: string | undefined },
  ): Promise<UserReport> {
    const password = change.password === undefined ? undefined : await this.passwords.keep(change.password);
    await this.#change((file) =>
      keepAnAdmin({
        ...file,
        users: replaced(file.users, name, (user) => ({
          ...user,
          ...(change.role !== undefined && { role: change.role }),
          ...(password !== undefined && { password }),
        })),
      }),
    );
    const { role, createdAt } = this.#find(name)!;
    return { name, role, createdAt };
  }

  /** Removes a user with all of its tokens. */
  remove(name: string): Promise<void> {
    return this.#change((file) => {
      known(file.users, name);
      const others = file.users.filter((user) => user.name !== name);
      return keepAnAdmin({
        ...file,
        users: others,
        tokens: file.tokens.filter(({ owner }) => owner !== name),
      });
    });
  }

  preferences(name: string): unknown {
    return this.#find(name)?.preferences ?? {};
  }

  setPreferences(name: string, preferences: unknown): Promise<void> {
    return this.#change((file) => ({
      ...file,
      users: replaced(file.users, name, (user) => ({ ...user, preferences })),
    }));
  }

  tokens(): TokenReport[] {
    return this.#file.tokens.map(({ hash: _, ...told }) => told);
  }

  /** Makes a token, which is told this once; what is kept is its hash. */
  async addToken(
    owner: string,
    { title, scope, expiresAt }: NewToken,
    wallNow: Millis,
  ): Promise<TokenReport & { readonly token: string }> {
    const id = randomBytes(8).toString('hex');
    const token = `raspy_${id}_${randomBytes(32).toString('base64url')}`;
    const told: TokenReport = {
      id,
      title,
      owner,
      scope,
      createdAt: wallNow,
      ...(expiresAt !== undefined && { expiresAt }),
    };
    await this.#change((file) => {
      if (file.tokens.length >= MAX_TOKENS)
        throw new HttpProblem(409, 'TOO_MANY_TOKENS', 'there are too many tokens');
      return { ...file, tokens: [...file.tokens, { ...told, hash: hashOf(token) }] };
    });
    return { ...told, token };
  }

  removeToken(id: string): Promise<void> {
    return this.#change((file) => {
      if (!file.tokens.some((token) => token.id === id))
        throw new HttpProblem(404, 'UNKNOWN_TOKEN', 'there is no such token');
      return { ...file, tokens: file.tokens.filter((token) => token.id !== id) };
    });
  }

  /** Who a token stands for, and what it may do; `undefined` for one that is none, or over. */
  ofToken(
    text: string,
    wallNow: Millis,
  ): { readonly user: string; readonly role: Role; readonly token: string } | undefined {
    const [, id] = TOKEN_FORM.exec(text) ?? [];
    const token = this.#file.tokens.find((one) => one.id === id);
    const owner = token === undefined ? undefined : this.#find(token.owner);
    if (token === undefined || owner === undefined || !sameText(hashOf(text), token.hash)) return undefined;
    if (token.expiresAt !== undefined && wallNow >= token.expiresAt) return undefined;
    return { user: owner.name, role: tokenRole(token.scope, owner.role), token: token.id };
  }

  #find(name: string): User | undefined {
    return this.#file.users.find((user) => user.name === name);
  }

  #change(change: (file: UsersFile) => UsersFile): Promise<void> {
    const changed = this.#last.then(async () => {
      const next = change(this.#file);
      await this.store.save(next);
      this.#file = next;
    });
    this.#last = changed.catch(() => undefined);
    return changed;
  }
}

function sameName(left: string, right: string): boolean {
  return left.normalize('NFKC').toLowerCase() === right.normalize('NFKC').toLowerCase();
}

function known(users: readonly User[], name: string): User {
  const user = users.find((one) => one.name === name);
  if (user === undefined) throw new HttpProblem(404, 'UNKNOWN_USER', 'there is no such user');
  return user;
}

function replaced(users: readonly User[], name: string, change: (user: User) => User): User[] {
  const user = known(users, name);
  return users.map((one) => (one === user ? change(one) : one));
}

function keepAnAdmin(file: UsersFile): UsersFile {
  if (file.users.some(({ role }) => role === 'admin')) return file;
  throw new HttpProblem(409, 'LAST_ADMIN', 'this is the last admin: make another one first');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
