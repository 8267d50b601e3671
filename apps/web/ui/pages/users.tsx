import { useState } from 'preact/hooks';
import { mistakesAt } from '../model/form.js';
import { humanize } from '../model/format.js';
import type { Mistake, Role, Token, User } from '../model/types.js';
import { call } from '../state/api.js';
import { user as me } from '../state/session.js';
import { tellDone } from '../state/toasts.js';
import { wallNow } from '../state/time.js';
import { MistakeSummary, useAttempt } from '../view/attempt.js';
import {
  Ago,
  Badge,
  Button,
  Clock,
  ConfirmButton,
  Dialog,
  Empty,
  Labelled,
  Loads,
  PageHead,
  Tabs,
  useLoad,
} from '../view/parts.js';

const ROLES: readonly (readonly [Role, string])[] = [
  ['viewer', 'Viewer: may look'],
  ['operator', 'Operator: may switch and run'],
  ['admin', 'Admin: may do everything'],
];
const SCOPES: readonly (readonly [Token['scope'], string])[] = [
  ['read', 'Read'],
  ['operate', 'Operate'],
  ['admin', 'Administer'],
];

const SHORTEST_PASSWORD = 10;

const nameMistakes = (name: string): readonly Mistake[] =>
  name === '' ? [{ path: 'name', message: 'is needed' }] : [];

export function Users() {
  const [tab, setTab] = useState<'users' | 'tokens'>('users');
  return (
    <>
      <PageHead title="Users" lead="Who gets in, and what they may do." />
      <Tabs
        label="People and programs"
        value={tab}
        onChange={setTab}
        tabs={[
          ['users', 'People'],
          ['tokens', 'Tokens of programs'],
        ]}
      />
      {tab === 'users' ? <UserList /> : <TokenList />}
    </>
  );
}

function UserList() {
  const users = useLoad(() => call('GET /users'));
  const [edited, setEdited] = useState<User | 'new' | undefined>(undefined);
  return (
    <>
      <div class="filter">
        <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
          Add a person
        </Button>
      </div>
      <Loads of={users}>
        {(list) => (
          <ul class="rows">
            {list.map((user) => (
              <li class="row-card" key={user.name}>
                <div>
                  <h2>
                    {user.name}
                    <Badge tone={user.role === 'admin' ? 'accent' : 'plain'}>{user.role}</Badge>
                    {user.name === me.value?.name && <Badge>You</Badge>}
                  </h2>
                  <p>
                    Here since <Clock at={user.createdAt} />
                  </p>
                </div>
                <div class="row">
                  <Button small label={`Change ${user.name}`} onClick={() => setEdited(user)}>
                    Change
                  </Button>
                  {user.name !== me.value?.name && (
                    <ConfirmButton
                      small
                      question={`${user.name} is logged out, and does not get in any more.`}
                      done={`${user.name} was removed`}
                      onConfirm={async () => {
                        await call('DELETE /users/{name}', { params: { name: user.name } });
                        users.reload();
                      }}
                    >
                      Remove
                    </ConfirmButton>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loads>
      {edited !== undefined && (
        <UserDialog user={edited} onClose={() => setEdited(undefined)} onSaved={users.reload} />
      )}
    </>
  );
}

function UserDialog(props: {
  readonly user: User | 'new';
  readonly onClose: () => void;
  readonly onSaved: () => void;
}) {
  const { user, onClose, onSaved } = props;
  const isNew = user === 'new';
  const [name, setName] = useState(isNew ? '' : user.name);
  const [role, setRole] = useState<Role>(isNew ? 'viewer' : user.role);
  const [password, setPassword] = useState('');
  const wrong = [
    ...nameMistakes(name),
    ...((isNew || password !== '') && password.length < SHORTEST_PASSWORD
      ? [{ path: 'password', message: `has at least ${SHORTEST_PASSWORD} characters` }]
      : []),
  ];
  const { fields, shown, attempt } = useAttempt(wrong);
  return (
    <Dialog title={isNew ? 'Add a person' : `Change ${user.name}`} onClose={onClose}>
      <form class="stack" ref={fields} noValidate onSubmit={(event) => event.preventDefault()}>
        {isNew && (
          <Labelled label="Name" mistakes={mistakesAt(shown, 'name')}>
            {(id, note, invalid) => (
              <input
                id={id}
                type="text"
                aria-describedby={note}
                aria-invalid={invalid}
                autocomplete="off"
                value={name}
                onInput={({ currentTarget }) => setName(currentTarget.value)}
              />
            )}
          </Labelled>
        )}
        <Labelled label="Role">
          {(id) => (
            <select
              id={id}
              value={role}
              onChange={({ currentTarget }) => setRole(ROLES[currentTarget.selectedIndex]![0])}
            >
              {ROLES.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <Labelled
          label={isNew ? 'Password' : 'New password'}
          help={
            isNew
              ? `${SHORTEST_PASSWORD} characters at least`
              : `Empty: it stays as it is. Otherwise ${SHORTEST_PASSWORD} characters at least.`
          }
          mistakes={mistakesAt(shown, 'password')}
        >
          {(id, note, invalid) => (
            <input
              id={id}
              type="password"
              autocomplete="new-password"
              aria-describedby={note}
              aria-invalid={invalid}
              value={password}
              onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            />
          )}
        </Labelled>
        <MistakeSummary mistakes={shown} titleOf={humanize} />
        <div class="row row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            onClick={async () => {
              if (!attempt()) return;
              const secret = password === '' ? {} : { password };
              if (isNew) await call('POST /users', { body: { name, role, password } });
              else
                await call('PATCH /users/{name}', { params: { name: user.name }, body: { role, ...secret } });
              tellDone(`${name} was saved`);
              onSaved();
              onClose();
            }}
          >
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function TokenList() {
  const tokens = useLoad(() => call('GET /tokens'));
  const [adding, setAdding] = useState(false);
  return (
    <>
      <div class="filter">
        <Button kind="primary" icon="key" onClick={() => setAdding(true)}>
          Make a token
        </Button>
      </div>
      <Loads of={tokens}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="key" title="No tokens">
              <p>A program that uses the API gets a token of its own, which can be taken away again.</p>
            </Empty>
          ) : (
            <ul class="rows">
              {list.map(({ id, title, owner, scope, createdAt, expiresAt }) => (
                <li class="row-card" key={id}>
                  <div>
                    <h2>
                      {title}
                      <Badge tone={scope === 'admin' ? 'accent' : 'plain'}>{scope}</Badge>
                      {expiresAt !== undefined && expiresAt < wallNow() && <Badge tone="warn">Expired</Badge>}
                    </h2>
                    <p>
                      Of {owner}, made <Ago at={createdAt} />
                      {expiresAt !== undefined && (
                        <>
                          {' · until '}
                          <Clock at={expiresAt} />
                        </>
                      )}
                    </p>
                  </div>
                  <div class="row">
                    <ConfirmButton
                      small
                      question={`Whoever uses “${title}” does not get in any more.`}
                      done="The token was taken away"
                      onConfirm={async () => {
                        await call('DELETE /tokens/{id}', { params: { id } });
                        tokens.reload();
                      }}
                    >
                      Take away
                    </ConfirmButton>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loads>
      {adding && <TokenDialog onClose={() => setAdding(false)} onSaved={tokens.reload} />}
    </>
  );
}

const DAY_MS = 86_400_000;

function TokenDialog({ onClose, onSaved }: { readonly onClose: () => void; readonly onSaved: () => void }) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Token['scope']>('read');
  const [days, setDays] = useState(90);
  const [secret, setSecret] = useState<string | undefined>(undefined);
  const { fields, shown, attempt } = useAttempt(nameMistakes(name));
  if (secret !== undefined) {
    return (
      <Dialog title="The token" onClose={onClose}>
        <p>Copy it now: it is shown this once. Programs send it as “Authorization: Bearer …”.</p>
        <p class="secret">{secret}</p>
        <div class="row row-end">
          <Button
            onClick={async () => {
              await navigator.clipboard.writeText(secret);
              tellDone('Copied');
            }}
          >
            Copy
          </Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Make a token" onClose={onClose}>
      <form class="stack" ref={fields} noValidate onSubmit={(event) => event.preventDefault()}>
        <Labelled label="Name" help="For which program it is" mistakes={mistakesAt(shown, 'name')}>
          {(id, note, invalid) => (
            <input
              id={id}
              type="text"
              autocomplete="off"
              aria-describedby={note}
              aria-invalid={invalid}
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          )}
        </Labelled>
        <Labelled label="It may">
          {(id) => (
            <select
              id={id}
              value={scope}
              onChange={({ currentTarget }) => setScope(SCOPES[currentTarget.selectedIndex]![0])}
            >
              {SCOPES.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <Labelled label="For how long">
          {(id) => (
            <select
              id={id}
              value={String(days)}
              onChange={({ currentTarget }) => setDays(Number(currentTarget.value))}
            >
              <option value="7">A week</option>
              <option value="90">90 days</option>
              <option value="365">A year</option>
            </select>
          )}
        </Labelled>
        <MistakeSummary mistakes={shown} titleOf={humanize} />
        <div class="row row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            onClick={async () => {
              if (!attempt()) return;
              const expiresAt = wallNow() + days * DAY_MS;
              const { token } = await call('POST /tokens', { body: { title: name, scope, expiresAt } });
              onSaved();
              setSecret(token);
            }}
          >
            Make
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
